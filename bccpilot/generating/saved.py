"""Programs as files: FILE.bt, executable, with the request and the versions in its header."""

from __future__ import annotations

import os

from bccpilot.errors import UsageError

_FIRST = "#!/usr/bin/env bpftrace"
_MOST_BYTES = 1 << 20


def with_header(text: str, request: str, release: str, bpftrace: str | None) -> str:
    """A program's text with its header. The request is kept on one line, so that nothing of it can be code."""
    from bccpilot import __version__

    said = " ".join(request.split()).replace("*/", "* /")
    printable = "".join(character for character in said if character.isprintable())
    lines = (f"request: {printable}", f"made by: bccpilot {__version__}, for {bpftrace or 'bpftrace'} on Linux {release}",
             "run it: bccpilot generate --run FILE.bt (checked first), or sudo FILE.bt")  # fmt: skip
    return "\n".join((_FIRST, *(f"// {line}" for line in lines), "", text))


def save(path: str, text: str) -> None:
    """Write it, executable for its owner. A file that is there already is never written over. Raises UsageError."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o755), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already", "it is not written over", "name another file, or remove it") from None
    except OSError as error:
        raise UsageError(f"{path} can't be written", error.strerror or str(error)) from error


def load(path: str) -> str:
    """A saved program's text. Raises UsageError where it can't be read or isn't text."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_MOST_BYTES)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no bpftrace program", "it isn't text") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read", error.strerror or str(error)) from error
    return text


def request_of(text: str) -> str:
    """The request that a saved program's header names; empty where there is none."""
    return next((line.removeprefix("// request: ") for line in text.splitlines()[:4] if line.startswith("// request: ")), "")
