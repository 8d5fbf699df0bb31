"""The settings: a TOML file in the user's configuration directory, all of it optional, and where the user's own knowledge files lie."""

from __future__ import annotations

import os
import re

from bccpilot.errors import UsageError
from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@frozen
class Settings:
    """Every setting with its default. Times in seconds, sizes in bytes. `unasked` are the tools ("bashreadline") and options ("memleak
    --pid") that run without asking although they are costly or sensitive; what is dangerous always asks."""

    duration_s: float = 10.0
    attach_s: float = 120.0
    shown_lines: int = 200
    keep_days: float = 30.0
    keep_bytes: int = 1 << 30
    unasked: tuple[str, ...] = ()
    model: str = "gpt-4.1-mini"
    base_url: str = ""
    key_file: str = ""
    key_command: str = ""
    send: bool = True
    redact_emails: bool = True
    redact_addresses: bool = True
    model_timeout_s: float = 30.0
    model_candidates: int = 8
    plan_tokens: int = 4000
    explain_tokens: int = 6000


def directory() -> str:
    """$XDG_CONFIG_HOME/bccpilot, or ~/.config/bccpilot."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "bccpilot")


def own_knowledge() -> tuple[Path, ...]:
    """The user's own knowledge files, where there are any."""
    path = os.path.join(directory(), "knowledge")
    if not os.path.isdir(path):
        return ()
    from pathlib import Path

    return (Path(path),)


def load() -> Settings:
    """The settings as they are. Raises UsageError where the file says what isn't a setting."""
    path = os.path.join(directory(), "config.toml")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return Settings()
    return parse(text, path)


def parse(text: str, name: str = "config.toml") -> Settings:
    """Settings from a file's text. Raises UsageError naming the file and what is wrong."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not TOML", str(error), "mend the line, or move the file away") from error
    known = vars(Settings())
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            raise UsageError(f"{name}: there is no setting {key!r}", f"the settings are {', '.join(known)}", "remove the line")
        values[key] = _typed(name, key, value, known[key])
    return Settings(**values)


def _typed(name: str, key: str, value: object, default: object) -> object:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(_unasked(name, item) for item in value)
    if type(value) is type(default):
        return value
    raise UsageError(f"{name}: {key} = {value!r}", f"it must be like {default!r}", "correct the line")


_UNASKED = r"[a-z][\w-]*( +-{0,2}[A-Za-z?][\w-]*)?"


def _unasked(name: str, entry: object) -> str:
    """What runs without asking: a tool, or a tool with one of its options."""
    if isinstance(entry, str) and re.fullmatch(_UNASKED, entry.strip()):
        return entry.strip()
    why = 'an entry is a tool, "bashreadline", or a tool and an option, "memleak --pid"'
    raise UsageError(f"{name}: unasked = [{entry!r}]", why, "correct the line")
