"""What isn't to leave the machine, replaced by placeholders that stand for the same text all the time, and put back in what comes back.

Secrets are found by detect-secrets' detectors (tokens and keys of some twenty services, private keys, passwords in URLs) and by how secrets
stand on command lines; e-mail and IP addresses where the settings say so.
"""

from __future__ import annotations

import functools
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

LEFT, RIGHT = "⟦", "⟧"
_BRACKETED = re.compile(f"{LEFT}[A-Z]+_[0-9]+{RIGHT}|[{LEFT}{RIGHT}]")
_PLACEHOLDER = re.compile(f"{LEFT}[A-Z]+_[0-9]+{RIGHT}")
LONGEST = 24  # characters of a placeholder

# How secrets stand on command lines, in environments and headers. The group `secret` is what is hidden.
_COMMAND_LINE = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)\b(?:bearer|basic|token|apikey)\s+(?=\S*\d)(?P<secret>[A-Za-z0-9+/=_.~-]{8,})",
        r"(?i)(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|credential|auth|cookie)[\w.-]{0,80}"
        r"[\"']?\s*[=:]\s*[\"']?(?P<secret>[^\s\"',;&\\\\]+)",
        r"(?i)(?<!\S)--?[\w-]{0,80}(?:passw(?:or)?d|passwd|passphrase|secret|token|key|credential|cookie)[\w-]{0,80}\s+(?P<secret>[^\s-]\S*)",
        r"(?i)\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;\n]*?\s-p(?P<secret>[^\s\"']+)",
        r"(?i)\b(?:sshpass|curl)\b[^|;\n]*?\s-(?:p|u)\s*(?P<secret>[^\s\"']+)",
        r"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://[^\s/:@]*:(?P<secret>[^\s/@]+)@",
        r"(?s)(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))",
        # Long, and of letters of both kinds and digits: a token of a service that nobody has a pattern for. Mangled C++ names aren't.
        r"(?<![\w/+.-])(?!_[ZR])(?=[\w+=-]*\d)(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])(?P<secret>[\w+=-]{32,})(?![\w/+-])",
        r"\b(?P<secret>(?=[a-f0-9]*[a-f])(?=[a-f0-9]*\d)[a-f0-9]{32,})\b",
    )
)
_EMAIL = re.compile(r"(?P<secret>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?P<secret>(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:)+:(?:[0-9A-Fa-f]{1,4}:?){0,6}|::(?:[0-9A-Fa-f]{1,4}:?){1,7})(?![\w:])"
)


class Redactor:
    """Hides and restores; one for each conversation, so that a placeholder means the same in all of it."""

    def __init__(self, emails: bool = True, addresses: bool = True) -> None:
        self._also = [("EMAIL", _EMAIL)] * emails + [("ADDRESS", _ADDRESS)] * addresses
        self._placeholders: dict[str, str] = {}
        self._hidden: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many different things were hidden."""
        return len(self._hidden)

    def hide(self, text: str) -> str:
        """The text as it may leave the machine. What looks like a placeholder already is made something else."""
        text = _BRACKETED.sub(lambda match: match[0] if match[0] in self._hidden else match[0].replace(LEFT, "[").replace(RIGHT, "]"), text)
        for pattern in _detectors():
            text = self._replace("SECRET", pattern, text)
        for kind, pattern in self._also:
            text = self._replace(kind, pattern, text)
        return text

    def restore(self, text: str, written: Callable[[str], str] = str) -> str:
        """The text with the hidden put back; `written` says how, where the text is JSON."""
        return _PLACEHOLDER.sub(lambda match: written(self._hidden.get(match[0], match[0])), text)

    def restored(self, parts: Iterator[str]) -> Iterator[str]:
        """A text that comes in parts, restored; a placeholder may come in two."""
        waiting = ""
        for part in parts:
            waiting += part
            begun = waiting.rfind(LEFT)
            whole = begun < 0 or RIGHT in waiting[begun:] or len(waiting) - begun > LONGEST
            ready, waiting = (waiting, "") if whole else (waiting[:begun], waiting[begun:])
            if ready:
                yield self.restore(ready)
        if waiting:
            yield self.restore(waiting)

    def _replace(self, kind: str, pattern: re.Pattern[str], text: str) -> str:
        def hidden(match: re.Match[str]) -> str:
            secret, start = _secret(match)
            if not secret or LEFT in secret:
                return match[0]
            before = start - match.start()
            return match[0][:before] + self._placeholder(kind, secret) + match[0][before + len(secret) :]

        return pattern.sub(hidden, text)

    def _placeholder(self, kind: str, secret: str) -> str:
        if secret not in self._placeholders:
            number = sum(name.startswith(f"{LEFT}{kind}_") for name in self._hidden) + 1
            name = f"{LEFT}{kind}_{number}{RIGHT}"
            self._placeholders[secret], self._hidden[name] = name, secret
        return self._placeholders[secret]


def _secret(match: re.Match[str]) -> tuple[str, int]:
    """What a match is to hide, and where it begins: its group `secret`, else the first group that holds something, else all of it."""
    if "secret" in match.re.groupindex:
        return match["secret"], match.start("secret")
    return match[0], match.start()


@functools.cache
def _detectors() -> tuple[re.Pattern[str], ...]:
    """Our own patterns and detect-secrets', read once."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    plugins: dict[str, Any] = get_mapping_from_secret_type_to_class()
    theirs = [pattern for name, plugin in plugins.items() if name not in _NOT_SECRET for pattern in _patterns(plugin)]
    return (*_COMMAND_LINE, *theirs)


def _patterns(plugin: Any) -> tuple[re.Pattern[str], ...]:
    """The expressions of a detector that has some."""
    found = getattr(plugin, "denylist", ())
    return tuple(found) if isinstance(found, list | tuple | set) else ()


_NOT_SECRET = frozenset(("Public IP (ipv4)",))  # addresses have a setting of their own
