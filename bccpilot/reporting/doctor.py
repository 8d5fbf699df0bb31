"""A checkup as one screen, or as JSON."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bccpilot.checking.checkup import Checkup, Group

MARKS = {"yes": "+", "no": "-", "partly": "~", "unknown": "?"}


def text(checkup: Checkup, width: int = 100) -> str:
    """One screen of at most `width` columns; lists of tools are cut, `--json` has all of them."""
    return "\n".join(line if len(line) <= width else line[: width - 1] + "…" for line in _lines(checkup, width))


def _lines(checkup: Checkup, width: int) -> Iterator[str]:
    yield f"Linux {checkup.release} on {checkup.machine}"
    for capability in checkup.capabilities:
        yield f"  {MARKS[capability.state]} {capability.name:<14} {capability.detail}"
    yield ""
    counts = ", ".join(f"{can} of {all} of {flavour}" for flavour, (can, all) in checkup.counts.items() if all)
    yield f"tools that can run here: {counts or 'none are installed'}"
    for group in checkup.groups:
        yield from _group(group, width)
    if checkup.remedies:
        yield ""
        yield "what would mend it"
        yield from (f"  {remedy}" for remedy in checkup.remedies)
    yield ""
    yield "finding memory leaks works here" if checkup.ready else f"finding memory leaks doesn't work here: {checkup.why_not}"


def _group(group: Group, width: int) -> Iterator[str]:
    """`  61 can't: no kprobes` and the names that fit on a line."""
    names = list(dict.fromkeys(name for _, name, _ in group.tools))
    yield f"  {len(group.tools)} can't: {group.heading}"
    line = "     "
    for number, name in enumerate(names):
        if len(line) + len(name) + 10 > width:
            yield f"{line} +{len(names) - number} more"
            return
        line += f" {name}"
    yield line


def as_json(checkup: Checkup) -> dict[str, object]:
    """The whole checkup, with every tool and its cause."""
    return {
        "version": 1,
        "kernel": checkup.release,
        "machine": checkup.machine,
        "ready": checkup.ready,
        "why_not": checkup.why_not,
        "capabilities": [{"name": c.name, "state": c.state, "detail": c.detail, "remedy": c.remedy} for c in checkup.capabilities],
        "tools": {flavour: {"can_run": can, "installed": all} for flavour, (can, all) in checkup.counts.items()},
        "cannot": [
            {
                "cause": group.kind,
                "heading": group.heading,
                "remedies": list(group.remedies),
                "tools": [{"flavour": flavour, "tool": name, "why": why} for flavour, name, why in group.tools],
            }
            for group in checkup.groups
        ],
        "remedies": list(checkup.remedies),
    }
