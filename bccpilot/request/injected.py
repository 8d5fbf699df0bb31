"""Shell in a request: nothing of it is ever run. What follows a `; rm ...` isn't part of what is asked; a value that a command should
produce (`pid $(curl ...)`) is no value."""

from __future__ import annotations

import re

_COMMANDS = (
    "rm|dd|curl|wget|sh|bash|zsh|nc|ncat|chmod|chown|mkfs|shutdown|reboot|halt|poweroff|kill|killall|pkill|cat|cp|mv|ln|tee|touch|echo|"
    "eval|exec|python3?|perl|ruby|sudo|su|useradd|usermod|passwd|crontab|iptables|systemctl|service|mount|umount|insmod|modprobe|ssh|scp|id|whoami|env|export|true|sleep|base64|xargs|find"
)
_TAIL = rf"(?s)\s*(?:;|&&|\|\|?|\n|\x00|>>?|<)\s*(?:/[\w./-]*/)?(?:(?:{_COMMANDS})(?![\w-])|:\(\)|/\w).*"
_SUBSTITUTION = rf"\$\(|\$\{{|`\s*(?:{_COMMANDS})\b|<\("
# Without one of these a text has no shell in it, and nothing has to be compiled.
_SIGNS = frozenset(";&|\n\x00<>$`")


def cut(text: str) -> tuple[str, str]:
    """(the request, the shell that was hung on to it)."""
    match = re.search(_TAIL, text) if not _SIGNS.isdisjoint(text) else None
    return (text[: match.start()], match.group()) if match else (text, "")


def substitutes(text: str) -> bool:
    """Whether a value is to come from running something."""
    return not _SIGNS.isdisjoint(text) and bool(re.search(_SUBSTITUTION, text))
