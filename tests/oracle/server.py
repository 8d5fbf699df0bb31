"""Run by the tools' own Python: answers what one bcc tool's own parser makes of argument lists. Nothing of BPF runs.

usage: python3 server.py TOOL_PATH    reads one JSON list of arguments a line, writes one JSON object a line

The tool's source is executed with `bcc` stubbed up to its call of parse_args(); from then on its parser, with its own type functions, is
asked again and again. The process never returns to the tool. An audit hook stops whatever would start a program, write a file or connect.
"""

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import io
import json
import os
import sys
import types

FORBIDDEN = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "os.remove", "os.rename"}


class Anything:
    """Whatever a tool may ask of bcc before it parses its arguments."""

    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        return Anything()

    def __call__(self, *args, **kwargs):
        return Anything()

    def __iter__(self):
        return iter(())


class ArgString:
    """As in bcc.utils: keeps the text."""

    def __init__(self, arg):
        self.s = arg


class Stub(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return {"ArgString": ArgString}.get(name, Anything)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "bcc" else None

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


def forbid(event, args):
    writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in FORBIDDEN or (writes and args[0] != os.devnull):
        raise RuntimeError(f"the oracle stops {event} {args!r}")


def plain(value):
    if isinstance(value, ArgString):
        return value.s
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def answer(parser, args):
    """The verdict on one argument list: {"ok", "values"} or {"ok", "error", "status"}."""
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            found = parse_args(parser, args)
    except SystemExit as end:
        return {"ok": False, "status": end.code, "error": errors.getvalue().partition(f"{parser.prog}: error: ")[2].removesuffix("\n")}
    except Exception as error:
        return {"ok": False, "status": 1, "error": f"{type(error).__name__}: {error}"}
    return {"ok": True, "values": {dest: plain(value) for dest, value in vars(found).items()}}


def serve(parser, args=None, namespace=None):
    for line in requests:
        answers.write(json.dumps(answer(parser, json.loads(line))) + "\n")
        answers.flush()
    os._exit(0)


parse_args = argparse.ArgumentParser.parse_args
requests, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")

if __name__ == "__main__":
    path = sys.argv[1]
    with open(path, encoding="utf-8", errors="replace") as file:
        source = compile(file.read(), path, "exec")
    sys.argv = [path]
    sys.meta_path.insert(0, Finder())
    argparse.ArgumentParser.parse_args = serve
    sys.stdout = io.StringIO()  # what the tool prints itself isn't an answer
    sys.addaudithook(forbid)
    exec(source, {"__name__": "__main__", "__file__": path})  # noqa: S102
    os._exit(1)
