"""parse(): verdicts, values, canonical arguments, and which argument was at fault."""

from __future__ import annotations

import json
import time

import pytest

from bccpilot.checking.convert import strtol
from bccpilot.checking.spec import Parsed, parse
from manpages_index.model import ArgSpec, ArgType, Limit, Option, Positional

INT = ArgType("int", name="int")
SPEC = ArgSpec(
    "argparse",
    options=(
        Option(("-h", "--help"), "help", action="help"),
        Option(("-p", "--pid"), "pid", type=INT),
        Option(("-t", "--trace"), "trace", "store_true", default=False, const=True),
        Option(("-T", "--timestamp"), "timestamp", "store_true", default=False, const=True),
        Option(("-c", "--command"), "command"),
        Option(("--combined-only",), "combined_only", "store_true", default=False, const=True),
        Option(("-i",), "ids", "append", type=INT),
        Option(("-n", "--names"), "names", nargs="*"),
        Option(("-v",), "verbose", "count"),
    ),
    positionals=(Positional("interval", INT, "?", default=5), Positional("probe", nargs="?")),
    exclusive=(("pid", "command"),),
    exclusive_required=(False,),
)
DEFAULTS = {
    "pid": None,
    "trace": False,
    "timestamp": False,
    "command": None,
    "combined_only": False,
    "ids": None,
    "names": None,
    "verbose": None,
}
DEFAULTS |= {"interval": 5, "probe": None}  # type: ignore[dict-item]

TYPED = {
    "ports": ArgType("list", item="strtol", skip_empty=True, limits=(Limit("<=", 0, "no port: %d"), Limit(">", 65535, "no port: %d"))),
    "count": ArgType("strtol", limits=(Limit("<=", 0, "must be positive, got %d"),)),
    "strict": ArgType("strtol", error="not a number: %r"),
    "disk": ArgType("str", limits=(Limit("longer", 3, "too long: %s"),)),
}
ARGP = ArgSpec(
    "argp",
    options=(
        *(Option((f"-{name[0]}", f"--{name}"), name, type=kind) for name, kind in TYPED.items()),
        Option(("-P", "--pids"), "pids", "store_true", default=False, const=True),
        Option(("--pidnss",), "pidnss", "store_true", default=False, const=True),
        Option(("-o", "--optional"), "optional", nargs="?", const="yes"),
        Option(("-?", "--help"), "help", action="help"),
    ),
    positionals=(Positional("interval", ArgType("strtol"), "?"),),
    exclusive=(("pids", "pidnss"),),
    exclusive_required=(False,),
)


@pytest.mark.parametrize(
    ("args", "values", "canonical"),
    [
        pytest.param([], {}, (), id="nothing"),
        pytest.param(
            ["-tTp5", "1"],
            {"trace": True, "timestamp": True, "pid": 5, "interval": 1},
            ("--trace", "--timestamp", "--pid", "5", "1"),
            id="bundle",
        ),
        pytest.param(["--comma", "touch F"], {"command": "touch F"}, ("--command", "touch F"), id="abbreviated"),
        pytest.param(["--pid=7", "--pid", "8"], {"pid": 8}, ("--pid", "7", "--pid", "8"), id="the last one counts"),
        pytest.param(["-t", "-t"], {"trace": True}, ("--trace",), id="a switch is named once"),
        pytest.param(["-vv", "-v"], {"verbose": 3}, ("-v", "-v", "-v"), id="counted"),
        pytest.param(["-i1", "-i=2"], {"ids": [1, 2]}, ("-i", "1", "-i", "2"), id="appended"),
        pytest.param(["--command=-x"], {"command": "-x"}, ("--command=-x",), id="a value like an option"),
        pytest.param(["-n", "a", "b", "--", "3"], {"names": ["a", "b"], "interval": 3}, ("--names", "a", "b", "--", "3"), id="greedy"),
        pytest.param(["3", "-n", "a"], {"names": ["a"], "interval": 3}, ("--names", "a", "--", "3"), id="positionals last"),
        pytest.param(["-7"], {"interval": -7}, ("--", "-7"), id="negative"),
        pytest.param(["--pid", " 5"], {"pid": 5}, ("--pid", " 5"), id="as int() reads it"),
    ],
)
def test_accepts_as_argparse_does(args: list[str], values: dict[str, object], canonical: tuple[str, ...]) -> None:
    found = parse(SPEC, args)
    assert (found.ok, found.values, found.args) == (True, DEFAULTS | values, canonical)
    assert parse(SPEC, canonical).values == found.values
    assert set(found.given) == set(values)


@pytest.mark.parametrize(
    ("args", "error", "argument"),
    [
        (["-p", "x"], "argument -p/--pid: invalid int value: 'x'", "--pid"),
        (["-p"], "argument -p/--pid: expected one argument", "--pid"),
        (["x"], "argument interval: invalid int value: 'x'", "x"),
        (["--comm", "x"], None, "--command"),
        (["--co", "x"], "ambiguous option: --co could match --command, --combined-only", "--co"),
        (["--nope"], "unrecognized arguments: --nope", "--nope"),
        (["1", "x", "y", "z"], "unrecognized arguments: y z", "y"),
        (["-p", "1", "-c", "x"], "argument -c/--command: not allowed with argument -p/--pid", "--command"),
        (["--trace=1"], "argument -t/--trace: ignored explicit argument '1'", "--trace"),
        (["-th"], "-h prints the help and ends: nothing is traced", "-h"),
        (["a\0b"], "an argument can't hold a NUL byte", "a\0b"),
        (["\ud800"], "an argument can't hold half of a character", "\ud800"),
    ],
)
def test_refuses_in_the_tools_own_words(args: list[str], error: str | None, argument: str) -> None:
    if error is None:
        assert parse(SPEC, args).args == (argument, "x")
    else:
        assert parse(SPEC, args) == Parsed(False, error=error, argument=argument)


def test_a_wrappers_prefix_is_read_but_not_written() -> None:
    spec = ArgSpec("argparse", (Option(("-l", "--language"), "language"),), (Positional("pid", INT),), prefix=("-l", "java"))
    assert parse(spec, ["5"]) == Parsed(True, {"language": "java", "pid": 5}, ("5",), given=("pid",))
    assert parse(spec, ["--lang", "php", "5"]).args == ("--language", "php", "5")


@pytest.mark.parametrize(
    ("args", "changed", "canonical", "ignored"),
    [
        (
            ["-c5", "--po=80,443,,", "7"],
            {"count": 5, "ports": [80, 443], "interval": 7},
            ("--count", "5", "--ports", "80,443,,", "7"),
            ("80,443,,",),
        ),
        (["3", "-Pc", "5x"], {"pids": True, "count": 5, "interval": 3}, ("--pids", "--count", "5x", "3"), ("5x",)),
        (["--pids"], {"pids": True}, ("--pids",), ()),
        (["-o", "3"], {"optional": "yes", "interval": 3}, ("--optional", "--", "3"), ()),
        (["-ox"], {"optional": "x"}, ("--optional=x",), ()),
        (["--", "-5"], {"interval": -5}, ("--", "-5"), ()),
        (["-"], {"interval": 0}, ("--", "-"), ("-",)),
        (["abc"], {"interval": 0}, ("abc",), ("abc",)),
    ],
)
def test_reads_as_getopt_long_does(
    args: list[str], changed: dict[str, object], canonical: tuple[str, ...], ignored: tuple[str, ...]
) -> None:
    defaults = {
        "ports": None,
        "count": None,
        "strict": None,
        "disk": None,
        "pids": False,
        "pidnss": False,
        "optional": None,
        "interval": None,
    }
    found = parse(ARGP, args)
    assert (found.ok, found.values, found.args, found.ignored) == (True, defaults | changed, canonical, ignored)


@pytest.mark.parametrize(
    ("args", "error", "argument"),
    [
        (["-x"], "invalid option -- 'x'", "-x"),
        (["--nope"], "unrecognized option '--nope'", "--nope"),
        (["--pid"], "option '--pid' is ambiguous; possibilities: --pids, --pidnss", "--pid"),
        (["--pids=1"], "option '--pids' doesn't allow an argument", "--pids=1"),
        (["-c"], "option '--count' requires an argument", "--count"),
        (["-c", "0"], "must be positive, got 0", "--count"),
        (["-c", "99999999999999999999"], "99999999999999999999: Numerical result out of range", "--count"),
        (["-s", "x"], "not a number: 'x'", "--strict"),
        (["-p", "80,70000"], "no port: 70000", "--ports"),
        (["-d", "sdab"], "too long: sdab", "--disk"),
        (["1", "2"], "too many arguments", "2"),
        (["-P", "--pidnss"], "--pids and --pidnss can't be used together", "--pidnss"),
        (["--he"], "--help prints and ends: nothing is traced", "--he"),
    ],
)
def test_refuses_as_argp_does(args: list[str], error: str, argument: str) -> None:
    assert parse(ARGP, args) == Parsed(False, error=error, argument=argument)


def test_getopts_stops_at_the_first_operand() -> None:
    spec = ArgSpec("getopt", (Option(("-F",), "force", "store_true", default=False, const=True), Option(("-h",), "help", action="help")))
    assert parse(spec, ["-F", "x", "-h"]) == Parsed(True, {"force": True}, ("-F",), given=("force",), ignored=("x", "-h"))
    assert parse(spec, ["-Fh"]).error == "-h prints and ends: nothing is traced"
    assert parse(spec, ["-F", "--", "-h"]).ignored == ("-h",)


def test_positions_beyond_are_ignored() -> None:
    spec = ArgSpec("none", positionals=(Positional("pid", INT), Positional("min_ms", ArgType("float", name="float"), "?", default=1)))
    assert parse(spec, ["7", "1.5", "x"]) == Parsed(True, {"pid": 7, "min_ms": 1.5}, ("7", "1.5"), given=("pid", "min_ms"), ignored=("x",))
    assert parse(spec, []) == Parsed(False, error="the argument pid is missing", argument="pid")
    assert parse(ArgSpec(ignores_arguments=True), ["-h"]) == Parsed(True, ignored=("-h",))


@pytest.mark.parametrize(("text", "number"), [("5x", 5), (" +7", 7), ("-3", -3), ("9223372036854775807", 9223372036854775807)])
def test_strtol(text: str, number: int) -> None:
    assert strtol(text) == number


def test_values_are_json_and_checks_are_quick() -> None:
    assert json.loads(json.dumps(parse(SPEC, ["-p", "5"]).values)) == DEFAULTS | {"pid": 5}
    started = time.perf_counter()
    for _ in range(100):
        parse(SPEC, ["-p", "5", "-tT", "3"])
    assert (time.perf_counter() - started) / 100 < 0.005
