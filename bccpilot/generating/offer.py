"""The next step where no tool fits a request: the command that writes a program for it, where one can be written."""

from __future__ import annotations


def offered(request: str, index_path: str | None = None) -> str:
    """`bccpilot generate "REQUEST"` with what it would show; empty where the composer has no program for the request."""
    from shlex import quote

    from bccpilot import config
    from bccpilot.generating.compose import NotUnderstood, compose
    from bccpilot.host import read_host
    from bccpilot.request.understand import understand
    from manpages_index import store

    try:
        program = compose(understand(request, store.load(index_path, config.own_knowledge()).search), read_host())
    except NotUnderstood:
        return ""
    return f"bccpilot generate {quote(request)} writes a program for it ({program.about})"
