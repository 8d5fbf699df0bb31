"""Our reading of probes against that of the tools themselves: what we accept, their own code accepts, and reads the same.

The tools' sources are loaded with a stand-in for bcc, which finds every library; nothing of them is run but their parsing. We may refuse
more (names that could not be attached to, text that the tools read over), never less.
"""

from __future__ import annotations

import os
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bccpilot.checking.probes import Malformed, Probe, parse

TRIES = 4000
PIECES = [
    "vfs_read", "vfs_*", "c", "/bin/x", "p", "r", "t", "u", ":", ":", ":", "::", "sched", "sched_switch", "malloc", "+0x10", "+5", "+x", " ", "(", ")", "()",
    "(int x)", "(int x, char *y)", "(arg1 > 5)", "(x == (1))", '"%d"', '"%s %d", arg1, arg2', ', arg1', '"hello"', "int", "u64", "char*", "$retval", "$entry(x)", "$latency", "1",
    ",", "#label", "=>", " => ", "(true)", "args->irq", "STRCMP(\"a\", arg1)", "*", "[a-z]", "^", "$", "(a|b)", "{", ";", "arg2", "",
]  # fmt: skip


class Rewrite:
    @staticmethod
    def rewrite_expr(expr: str, bin_cmp: bool, is_user: bool, probe_user_list: object, streq_functions: str, probeid: int) -> dict[str, Any]:
        return {"expr": expr, "streq_functions": streq_functions, "probeid": probeid}


class Usdt:
    """Every USDT probe is there."""

    def __init__(self, path: str | None = None, pid: int | None = None) -> None:
        pass

    def enumerate_probes(self) -> Iterator[Any]:
        class Any_:
            def __eq__(self, other: object) -> bool:
                return True

        yield types.SimpleNamespace(provider=Any_(), name=Any_(), bin_path="")

    def enable_probe(self, *_: object) -> None:
        pass

    def get_probe_arg_ctype(self, *_: object) -> str:
        return "u64"


def stand_in() -> types.ModuleType:
    module = types.ModuleType("bcc")
    bpf = types.SimpleNamespace(find_library=lambda name: name, find_exe=lambda name: name, monotonic_time=lambda: 0, get_probe_limit=lambda: 1000)
    for name, value in (("BPF", bpf), ("USDT", Usdt), ("StrcmpRewrite", Rewrite), ("ArgString", str)):
        setattr(module, name, value)
    return module


def load(tool: str) -> dict[str, Any]:
    path = f"/usr/sbin/{tool}-bpfcc"
    if not os.path.exists(path):
        pytest.skip(f"{tool} is not installed")
    kept = sys.modules.get("bcc")
    sys.modules["bcc"] = stand_in()
    try:
        names: dict[str, Any] = {"__name__": tool}
        with open(path, encoding="utf-8") as file:
            exec(compile(file.read(), path, "exec"), names)  # noqa: S102
        return names
    finally:
        del sys.modules["bcc"]
        if kept is not None:
            sys.modules["bcc"] = kept


def funccount(names: dict[str, Any]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        probe = names["Probe"](text.encode())
        return tuple(part.decode() for part in (probe.type, probe.library, probe.pattern))

    return read


def stackcount(names: dict[str, Any]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        probe = names["Probe"](text, True, True)
        return probe.type, probe.library, probe.pattern

    return read


def trace(names: dict[str, Any]) -> Callable[[str], tuple[str, ...]]:
    names["Probe"].bin_cmp = False

    def read(text: str) -> tuple[str, ...]:
        probe = names["Probe"](text, 80, False, False, None, None, None)
        assert len(probe.values) == len(probe.types), "the tool would fail when it prints"
        name = f"{probe.tp_category}:{probe.tp_event}" if probe.probe_type == "t" else probe.usdt_name if probe.probe_type == "u" else probe.function
        return probe.probe_type, probe.library, name

    return read


def argdist(names: dict[str, Any]) -> Callable[[str], tuple[str, ...]]:
    tool = types.SimpleNamespace(args=types.SimpleNamespace(pid=None, tid=None, cumulative=False))

    def read(text: str) -> tuple[str, ...]:
        probe = names["Probe"](tool, "freq", text)
        if probe.probe_type == "r" and probe.entry_probe_required:
            probe._generate_entry_probe()
        name = f"{probe.tp_category}:{probe.tp_event}" if probe.probe_type == "t" else probe.function
        return probe.probe_type, probe.library, name

    return read


def inject(names: dict[str, Any]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        tool = names["Tool"].__new__(names["Tool"])
        tool.spec, tool.map, tool.key = text, {}, "should_failslab(struct kmem_cache *s, gfp_t gfpflags)"
        tool._parse_spec()
        return tuple(sorted({function.split("(")[0] for function in tool.map} - {"should_failslab"}))

    return read


def ours(tool: str, probes: tuple[Probe, ...]) -> tuple[str, ...]:
    if tool == "inject":
        return tuple(sorted({probe.name for probe in probes} - {"should_failslab"}))
    (probe,) = probes
    name = probe.name if probe.pattern or tool not in ("funccount", "stackcount") else f"^{probe.name}$"
    return probe.kind, probe.library, name


def texts(tool: str) -> Iterator[str]:
    """Pieces of probes in any order, and well-formed ones with something changed."""
    good = {
        "funccount": ["c:malloc", "t:sched:sched_switch", "vfs_*", "p::vfs_read"],
        "stackcount": ["c:malloc", "t:sched:sched_switch", "vfs_*", "p::vfs_read"],
        "trace": ['do_x(int x) (arg1 > 5) "%d", arg1', "r:c:malloc", 't:irq:entry "%s", args->x', "u:/bin/x:a:b", ":c:open+0x10", "do_x"],
        "argdist": ["p::f(int x):int:x", "r:c:f(int x):int,u64:$entry(x),$latency:$retval > 0#l", "t:irq:entry():int:args->irq", "p:c:f()"],
        "inject": ["a(int x)(x == 1) => b()", "(true) => a()(true)", "a() => b() => c()"],
    }[tool]
    chosen = random.Random(20261123)
    for _ in range(TRIES):
        if chosen.random() < 0.4:
            yield "".join(chosen.choices(PIECES, k=chosen.randint(1, 7)))
        else:
            text = chosen.choice(good)
            for _ in range(chosen.randint(0, 2)):
                at = chosen.randint(0, len(text))
                text = text[:at] + chosen.choice(PIECES) + text[at + chosen.randint(0, 2) :]
            yield text


@pytest.mark.parametrize("tool", ["funccount", "stackcount", "trace", "argdist", "inject"])
def test_what_we_accept_the_tool_reads_alike(tool: str) -> None:
    theirs = globals()[tool](load(tool))
    accepted = 0
    for text in texts(tool):
        try:
            read = ours(tool, parse(tool, text))
        except Malformed:
            continue
        accepted += 1
        assert (text, theirs(text)) == (text, read)
    assert accepted > TRIES / 10


@pytest.mark.parametrize("tool", ["funccount", "stackcount", "trace", "argdist", "inject"])
def test_we_refuse_little_that_the_tool_would_take(tool: str) -> None:
    """Refusals beyond the tool's own are of a few kinds, each because the command could not do what it says."""
    theirs = globals()[tool](load(tool))
    known = (
        "can't be part of a name", "a name is missing", "a function's name is missing", "two parts are a library", "can't read USDT probes", "is read over",
        "a tracepoint is t:", "have no signature", "placeholders that the tool knows", "it isn't: ", "a function needs its parentheses", "is no function's name",
        "must be decimal or hexadecimal", "no parameter", "a probe is one line", "only functions have an offset", "a call is FUNCTION",
        "something follows the last parenthesis",
    )  # fmt: skip
    for text in texts(tool):
        why = refusal(tool, text)
        if why and not any(words in why for words in known):
            with pytest.raises(Exception):  # noqa: B017, PT011
                theirs(text)


def refusal(tool: str, text: str) -> str:
    try:
        parse(tool, text)
    except Malformed as error:
        return error.why
    return ""
