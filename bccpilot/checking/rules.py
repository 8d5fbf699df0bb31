"""What a tool refuses or misreads after its parser has accepted it: the rules of the knowledge files, and what values of a role look like.

Many tools paste values into a C program that the kernel then runs, some into a shell command. So a value's form is checked by its role
whatever the tool: a PID is a number, a path has no quotes in it.
"""

from __future__ import annotations

import re

from bccpilot.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bccpilot.checking.probes import Probe
    from bccpilot.checking.spec import Parsed
    from manpages_index.model import Option, Positional, Rule, Tool

    Check = Callable[[object, object], str | None]

LONGEST = 4096  # characters of one argument: a path's length, and more than any probe needs
MOST = 64  # arguments
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")  # Unicode's categories: controls, formats, separators of lines and paragraphs


def problems(tool: Tool, parsed: Parsed) -> tuple[Problem, ...]:
    """Everything that the tool would refuse or read otherwise than it was meant."""
    ruled = tuple(_ruled(tool, parsed))
    told = {problem.argument for problem in ruled}
    return (*_ignored(tool, parsed), *ruled, *(problem for problem in _forms(tool, parsed) if problem.argument not in told))


def unfit(args: tuple[str, ...]) -> tuple[Problem, ...]:
    """Arguments that no tool has a use for: control and invisible characters, endless ones, too many."""
    found = [Problem("policy", arg, "it has a control character or an invisible one in it") for arg in args if _hides(arg)]
    found += [Problem("policy", f"{arg[:40]}...", f"it is longer than {LONGEST} characters") for arg in args if len(arg) > LONGEST]
    if len(args) > MOST:
        found.append(Problem("policy", args[MOST][:40], f"there are {len(args)} arguments; {MOST} is the most that are passed on"))
    return tuple(found)


def _hides(text: str) -> bool:
    if text.isprintable():
        return False
    import unicodedata

    return any(unicodedata.category(letter) in _UNSEEN for letter in text)


def named(tool: Tool, dest: str) -> str:
    """An argument as a person writes it: `--pid`, or a positional's name."""
    return next((o.long for o in tool.spec.options if o.dest == dest), dest)


def _ignored(tool: Tool, parsed: Parsed) -> Iterator[Problem]:
    for argument in parsed.ignored:
        yield Problem("tool", argument, f"{tool.command} reads over it: it would trace as if it weren't there")


def _forms(tool: Tool, parsed: Parsed) -> Iterator[Problem]:
    """Values that don't look like what their role is."""
    for role in tool.knowledge.roles:
        form = FORMS.get(role.role)
        if form is None or role.dest not in parsed.given:
            continue
        check, what = form
        value = parsed.values.get(role.dest)
        argument = _argument(tool, role.dest)
        if argument is None or isinstance(value, bool) or argument.choices:
            continue
        why = check(value, None)
        if why is not None:
            yield Problem("tool", _shown(value), f"{named(tool, role.dest)}: {what}: {why}")
        yield from _cut(argument, parsed)


def _cut(argument: Option | Positional, parsed: Parsed) -> Iterator[Problem]:
    """A list of which the tool keeps the first items only."""
    keep = argument.type.keep
    if keep is None:
        return
    for text in parsed.args:
        items = text.rpartition("=")[2].split(argument.type.separator)
        if len(items) > keep:
            yield Problem("tool", text, f"the tool reads only the first {keep} of these")


def _argument(tool: Tool, dest: str) -> Option | Positional | None:
    arguments: tuple[Option | Positional, ...] = (*tool.spec.options, *tool.spec.positionals)
    return next((argument for argument in arguments if argument.dest == dest), None)


def _ruled(tool: Tool, parsed: Parsed) -> Iterator[Problem]:
    for rule in tool.knowledge.rules:
        problem = _broken(tool, rule, parsed)
        if problem is not None:
            yield problem


def _broken(tool: Tool, rule: Rule, parsed: Parsed) -> Problem | None:
    given = frozenset(parsed.given)
    if not given.issuperset(rule.given) or given.intersection(rule.without):
        return None
    if rule.check is None:
        at_fault = rule.given[-1:] or rule.without
        return Problem("tool", " or ".join(named(tool, dest) for dest in at_fault), rule.why)
    name, _, other = rule.check.partition(":")
    if name == PROBE:
        return None
    for dest in rule.given:
        why = CHECKS[name](parsed.values.get(dest), parsed.values.get(other))
        if why is not None:
            return Problem("tool", _shown(parsed.values.get(dest)), f"{named(tool, dest)}: {rule.why or why}")
    return None


# probes

PROBE = "probe"  # the rule `check = "probe:GRAMMAR"` says whose syntax an argument has


def read_probes(tool: Tool, parsed: Parsed) -> tuple[tuple[tuple[str, Probe], ...], tuple[Problem, ...]]:
    """The probes among the arguments, each with the argument that it was read from, and what is wrong with the others."""
    if not any((rule.check or "").startswith(PROBE) for rule in tool.knowledge.rules):
        return (), ()
    from bccpilot.checking import probes

    found: list[tuple[str, Probe]] = []
    wrong: list[Problem] = []
    for rule in tool.knowledge.rules:
        name, _, grammar = (rule.check or "").partition(":")
        for dest in rule.given if name == PROBE else ():
            for text in _items(parsed.values.get(dest)) if dest in parsed.given else ():
                try:
                    read = probes.parse(grammar, text, bool(parsed.values.get("regexp")), dest == "histspecifier")
                    found += [(text, probe) for probe in read]
                except probes.Malformed as error:
                    wrong.append(Problem("tool", text, f"at character {error.at + 1}: {error.why}", error.at))
    return tuple(found), tuple(wrong)


# named checks


def _items(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(str(item) for item in items if item is not None)


def _texts(value: object) -> tuple[str, ...]:
    """A value as the texts that it holds: lists item by item, comma lists apart."""
    return tuple(part for item in _items(value) for part in item.split(","))


def _shown(value: object) -> str:
    return " ".join(_items(value))


def _matching(pattern: str, what: str, whole: bool = False) -> Check:
    """Each text must match; `whole`: commas are part of it."""

    def check(value: object, _: object) -> str | None:
        wrong = [text for text in (_items(value) if whole else _texts(value)) if not re.fullmatch(pattern, text, re.ASCII)]
        return f"{wrong[0]!r} is not {what}" if wrong else None

    return check


def _greater(value: object, other: object) -> str | None:
    if isinstance(value, int | float) and isinstance(other, int | float) and value < other:
        return f"{value} is less than {other}"
    return None


def _nonzero(value: object, _: object) -> str | None:
    return "0 is no value here" if any(text.strip().lstrip("+-").strip("0.") == "" for text in _texts(value)) else None


def _positive(value: object, other: object) -> str | None:
    try:
        wrong = [text for text in _texts(value) if not float(text) > 0]
    except ValueError:
        return None
    return f"{wrong[0]} is not above 0" if wrong else None


def _time(value: object, other: object) -> str | None:
    """Seconds or a number of outputs; beyond 32 bits the tools themselves fail."""
    why = _positive(value, other)
    try:
        return why or next((f"{text} is too large" for text in _texts(value) if float(text) >= 1 << 31), None)
    except ValueError:
        return None


def _power_of_two(value: object, _: object) -> str | None:
    if isinstance(value, int) and (value <= 0 or value & (value - 1)):
        return f"{value} is not a power of two"
    return None


def _port(value: object, _: object) -> str | None:
    wrong = [text for text in _texts(value) if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or not 0 < int(text) < 65536]
    return f"{wrong[0]!r} is not a port (1 to 65535)" if wrong else None


def _ports(value: object, _: object) -> str | None:
    text = str(value)
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text, re.ASCII)
    if found and 0 < int(found[1]) <= int(found[2] or found[1]) < 65536:
        return None
    return f"{text!r} is neither a port nor a range such as 1000-2000"


def _networks(value: object, _: object) -> str | None:
    import ipaddress

    for text in _texts(value):
        try:
            ipaddress.IPv4Network(text, strict=False)
        except ValueError:
            return f"{text!r} is not an IPv4 network such as 10.0.0.0/8"
    return None


def _address(value: object, _: object) -> str | None:
    import ipaddress

    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return f"{value!r} is not an address"
    return None


def _percentiles(value: object, _: object) -> str | None:
    try:
        wrong = [text for text in _texts(value) if not 0 <= float(text) <= 100]
    except ValueError:
        return f"{value!r} are not numbers separated by commas"
    return f"{wrong[0]} is not a percentile (0 to 100)" if wrong else None


_PATH = r"[\w./:@%+,~=-]+"
_whole_number = _matching(r"\+?\d{1,10}", "a number")

# The checks that a knowledge file can name (knowledge/README.md lists them).
CHECKS: dict[str, Check] = {
    "integer": _matching(r"[+-]?\d{1,10}", "a whole number"),
    "numeric": _matching(r"[+-]?\d+(?:\.\d*)?", "a number"),
    "nonzero": _nonzero,
    "positive": _positive,
    "greater_than": _greater,
    "power_of_two": _power_of_two,
    "port": _port,
    "port_or_range": _ports,
    "cidr_list": _networks,
    "percentiles": _percentiles,
    "signal_number": _matching(r"[1-9]|[1-5]\d|6[0-4]", "the number of a signal (1 to 64)"),
    "uid_number": _matching(r"\d{1,10}", "the number of a user"),
    "absolute_path": _matching(r"/.*", "an absolute path", whole=True),
    "plain_path": _matching(r"/[\w./+-]*", "an absolute path of letters, digits and . _ + - only", whole=True),
    "c_string": _matching(r"[^\"\\\n]*", "free of quotes and backslashes", whole=True),
    "device_name": _matching(r"[\w.:+-]{1,15}", "a name of up to 15 letters and digits"),
    "ascii": _matching(r"[\x20-\x7e]*", "plain ASCII", whole=True),
    "syscall_name": _matching(r"[a-z_]\w*", "the name of a system call"),
    "open_flag": _matching(r"O_[A-Z_]+", "a flag of open() such as O_WRONLY"),
}

# What a value of a role looks like, in every tool.
_NUMBER = (_whole_number, "it must be a number")
_NAME = (_matching(r"[\w.:!@/+-]{1,64}", "a name"), "it must be a device's name")
_TIME = (_time, "0 would mean for ever, or without a pause")
_PINNED = (_matching(_PATH, "a path", whole=True), "it becomes part of a C program, so it must be a plain path")
FORMS: dict[str, tuple[Check, str]] = {
    "pid": _NUMBER,
    "ppid": _NUMBER,
    "tid": _NUMBER,
    "cpu": _NUMBER,
    "netns": _NUMBER,
    "uid": _NUMBER,
    "user": _NUMBER,
    "disk": _NAME,
    "interface": _NAME,
    "cgroup_map": _PINNED,
    "mntns_map": _PINNED,
    "cgroup_path": (_matching(_PATH, "a path", whole=True), "it must be a plain path"),
    "library": (_matching(_PATH, "a library", whole=True), "it must be a library's name or a plain path"),
    "local_address": (_address, "it must be an IP address"),
    "remote_address": (_address, "it must be an IP address"),
    "interval": _TIME,
    "duration": _TIME,
    "count": _TIME,
    "percentiles": (_percentiles, "it must be percentiles"),
}
