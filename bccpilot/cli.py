"""The command line: a verb and its arguments, or else a request. Only here errors are printed and exit statuses chosen."""

from __future__ import annotations

import errno
import sys

from bccpilot.errors import EXIT_DONE, Interrupted, PilotError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import NoReturn, Protocol

    class Command(Protocol):
        """A module of commands/: its help, its arguments, what it does. `run` returns the exit status."""

        HELP: str

        def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

        def run(self, options: argparse.Namespace) -> int: ...


VERBS = ("generate", "probes", "index", "tools", "show", "check", "doctor", "runs", "replay", "explain", "parse", "sudoers", "config")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of a command line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return guarded(lambda: _run(words), "--json" in words)


def _run(words: list[str]) -> int:
    verb, rest = _verb(words)
    command = _load(verb)
    return command.run(_parser(verb, command).parse_args(rest))


def guarded(work: Callable[[], int], as_json: bool) -> int:
    """What `work` returns, or the exit status of its error, which is printed."""
    try:
        status = work()
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except PilotError as error:
        return _reported(error, as_json)
    except KeyboardInterrupt:
        return _reported(Interrupted("interrupted"), as_json)
    except BrokenPipeError:
        _silence()
        return EXIT_DONE
    except OSError as error:
        if error.errno not in (*_NO_ROOM, errno.EIO):
            return _crashed(error, as_json)
        _silence()
        return _reported(_unwritten(error), as_json)
    except Exception as error:
        return _crashed(error, as_json)


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _unwritten(error: OSError) -> PilotError:
    from bccpilot.errors import HostCannot

    where = "" if error.filename is None else f" to {error.filename}"
    kept = "bccpilot runs lists what was traced until then"
    next = f"df -h shows which disk is full; {kept}" if error.errno in _NO_ROOM else kept
    return HostCannot(f"the output can't be written{where}: {error.strerror}", next=next)


def _crashed(error: Exception, as_json: bool) -> int:
    from bccpilot import crash

    return _reported(crash.reported(error), as_json)


def script() -> None:
    """The console script."""
    ending(main)


def ending(work: Callable[[], int]) -> NoReturn:
    """Do it and end the process with its status. What an index holds is left to the kernel: Python would take it apart
    text by text, which lasts an eighth of a plan's time."""
    import atexit

    done: list[int] = []
    atexit.register(lambda: _gone(done[0]) if done else None)  # the first that is registered is the last that is called
    done.append(work())
    raise SystemExit(done[0])


def _gone(status: int) -> None:
    import contextlib
    import os

    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError):  # nobody reads it, there is no room, it was closed before we began
            stream.flush()
    os._exit(status)


def _verb(words: list[str]) -> tuple[str, list[str]]:
    """The command that a line means, and the words for it. A verb that its words don't fit (`show me disk latency`) begins a request."""
    if words and words[0] in VERBS and _fits(words[0], words[1:]):
        return words[0], words[1:]
    return "request", words


def _fits(verb: str, rest: list[str]) -> bool:
    if verb == "check":
        return not {"--", "--batch", "-h", "--help"}.isdisjoint(rest)
    try:
        _, extra = _parser(verb, _load(verb)).parse_known_args(rest)
    except PilotError:
        return True  # it is meant, and will say what is wrong
    return all(word.startswith("-") for word in extra)


def _load(verb: str) -> Command:
    from importlib import import_module

    command: Command = import_module(f"bccpilot.commands.{verb}")
    return command


def _parser(verb: str, command: Command) -> argparse.ArgumentParser:
    made = parser("bccpilot" if verb == "request" else f"bccpilot {verb}", command.HELP)
    command.add_arguments(made)
    return made


def parser(prog: str, about: str) -> argparse.ArgumentParser:
    """A parser whose errors are UsageError."""
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> None:  # type: ignore[override]
            from bccpilot.errors import UsageError

            raise UsageError(message, next=f"{self.prog} --help shows what it takes")

        def _get_formatter(self) -> argparse.HelpFormatter:
            # argparse makes one for every argument, and asks shutil for the width, which imports half of the library.
            return argparse.RawDescriptionHelpFormatter(self.prog, width=_width())

    return Parser(prog=prog, description=about, allow_abbrev=False)


def _width() -> int:
    """Columns of the terminal, less argparse's margin."""
    import os

    try:
        columns = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(1).columns
    except (ValueError, OSError):
        columns = 80
    return columns - 2


def _reported(error: PilotError, as_json: bool) -> int:
    _report(error, as_json)
    return error.status


def _report(error: PilotError, as_json: bool) -> None:
    """An error for people on standard error; for programs that asked for JSON, as an object there."""
    from bccpilot.reporting.escape import escaped

    if as_json:
        import json

        print(json.dumps(error.as_json(), ensure_ascii=False), file=sys.stderr)
        return
    print(f"bccpilot: {escaped(error.what)}", file=sys.stderr)
    for label, text in (("why", error.why), ("next", error.next)):
        if text:
            print(f"  {label}: {escaped(text)}", file=sys.stderr)


def _silence() -> None:
    """The reader of our pipe has gone: nothing more is written, and Python isn't to say so at its end."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
