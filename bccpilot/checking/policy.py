"""What may run, and what must be asked first: the risk of a tool, of each option given, and of what values cost or start.

safe runs at once; costly and sensitive ask, and --yes answers; dangerous is refused unless the person asked for exactly that, and then
asks, which --yes never answers. Who planned the command makes no difference: nothing in a plan lowers a risk.
"""

from __future__ import annotations

import re

from bccpilot.model import Problem
from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bccpilot.checking.probes import Probe
    from bccpilot.checking.spec import Parsed
    from bccpilot.model import Request
    from manpages_index.model import ArgRole, Cost, Tool

LEVELS = ("safe", "costly", "sensitive", "dangerous")

# What the caller's own C may hold that goes into a program of the kernel: expressions over arguments, and helpers that only read.
_LITERAL = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+'|/\*|//"""
_STATEMENT = r"""[;{}#\\"'@`]|<[%:]|[%:]>|%:|\?\?|/\*|//|\basm\b|__asm|__attribute|typeof|\(\s*\*+\s*\w*\s*\)|\]\s*\("""
_TYPE = r"\s*[A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*\s*\**\s*"
_HELPER = r"\b(bpf_\w+|\w+\s*\.\s*(?:update|delete|insert|increment|perf_submit|push|pop)|perf_submit\w*)\b"
_READS = r"bpf_(get_\w+|ktime_get_\w+|probe_read\w*|ntohs|ntohl|htons|htonl|usdt_readarg\w*|strncmp|log2l?|jiffies64)"
# Words by which a person asks for an option without writing it; its value has to be among their words all the same.
_ASKING = (
    r"(?i)\b(?:run|runs|start|starts|launch|execute|command|include|header|write|save|dump|into)\b|运行|启动|执行|命令|头文件|包含|写入|保存|导出"
)
_BUSY = 0.2  # CPUs, on average since the process began


@frozen
class Asked:
    """What the person asked for: `text` in their own words, `tools` named outright in them or by an option. `everything`: they wrote the
    command themselves."""

    text: str = ""
    tools: tuple[str, ...] = ()
    everything: bool = False


def asked_for(request: Request, tool: str | None = None) -> Asked:
    """What a request asks for; `tool` is the one that an option named beside it. Shell that was hung on to it asks for nothing."""
    return Asked(request.asked or request.text, (*request.named, *((tool,) if tool else ())))


@frozen
class Verdict:
    """`reasons` say what makes the risk, the worst first; `problems` are the dangers that nobody asked for."""

    risk: str = "safe"
    reasons: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@frozen
class _Risk:
    """One risk. `entry` is how the settings' `unasked` calls it, `argument` what it is about, `asked` whether it was asked for."""

    level: str
    entry: str
    argument: str
    why: str
    asked: bool = False


def judge(tool: Tool, parsed: Parsed, probes: Sequence[tuple[str, Probe]], unasked: Sequence[str] = (), asked: Asked = Asked()) -> Verdict:
    """The risk of a tool with these arguments. `unasked` are the settings' entries (`bashreadline`, `memleak --pid`): they run at once, but
    for what is dangerous."""
    allowed = frozenset(_entry(tool, text) for text in unasked)
    risks = [*_of_tool(tool, asked), *_of_options(tool, parsed, asked), *_of_code(tool, probes, asked), *_of_costs(tool, parsed, probes)]
    counted = [risk for risk in risks if risk.level == "dangerous" or not {risk.entry, tool.name}.intersection(allowed)]
    counted.sort(key=lambda risk: -LEVELS.index(risk.level))
    problems = tuple(_refusal(risk) for risk in counted if risk.level == "dangerous" and not (risk.asked or asked.everything))
    reasons = dict.fromkeys(f"{risk.argument}: {risk.why}" for risk in counted)
    return Verdict(counted[0].level if counted else "safe", tuple(reasons), problems)


def _refusal(risk: _Risk) -> Problem:
    return Problem("policy", risk.argument, f"{risk.why}; that is dangerous, and is done only where the request asks for exactly that")


def _entry(tool: Tool, text: str) -> str:
    """A settings' entry as risks are called: the tool alone, or the tool with an option's dest."""
    name, _, option = text.strip().partition(" ")
    option = option.strip()
    dest = next((o.dest for o in tool.spec.options if option in o.flags), option.lstrip("-").replace("-", "_"))
    return f"{name} {dest}" if option else name


def _of_tool(tool: Tool, asked: Asked) -> Iterator[_Risk]:
    known = tool.knowledge
    if not known.about:
        yield _Risk("costly", tool.name, tool.name, "nothing is known of this tool but what its own parser takes", False)
    if known.risk != "safe":
        named = tool.name in asked.tools or _says(asked.text, tool.command) or ("-" in tool.name and _says(asked.text, tool.name))
        yield _Risk(known.risk, tool.name, tool.name, known.risk_why, named)


def _of_options(tool: Tool, parsed: Parsed, asked: Asked) -> Iterator[_Risk]:
    for role in tool.knowledge.roles:
        if role.risk != "safe" and role.dest in parsed.given:
            yield _Risk(role.risk, f"{tool.name} {role.dest}", _name(tool, role.dest), role.why, _asks(tool, role, parsed, asked.text))


def _of_code(tool: Tool, probes: Sequence[tuple[str, Probe]], asked: Asked) -> Iterator[_Risk]:
    """C of the caller's that does more than look."""
    for argument, probe in probes:
        for code in probe.code:
            found = changes(code)
            if found:
                why = f"{found!r} does more in the kernel than look at values"
                yield _Risk("dangerous", tool.name, argument, why, argument in asked.text)


def changes(code: str) -> str:
    """The first thing in a C expression that isn't looking at values: a statement, a helper that acts. Empty where there is none."""
    bare = re.sub(_LITERAL, lambda found: found.group() if found.group().startswith("/") else "0", code.replace("@user", ""))
    statement = re.search(_STATEMENT, bare)
    if statement or _calls_value(bare):
        return statement.group() if statement else "a call of something other than a function by its name"
    return next((helper.group() for helper in re.finditer(_HELPER, bare) if not re.fullmatch(_READS, helper.group())), "")


def _calls_value(code: str) -> bool:
    """Is anything but a name called? `((handler_t)109)(9)` calls helper number 109, whereas `(struct sock *)(arg1)` is a cast."""
    opened: list[int] = []
    for index, letter in enumerate(code):
        if letter == "(":
            opened.append(index)
        elif letter == ")" and opened:
            start = opened.pop()
            if code[index + 1 :].lstrip().startswith("(") and not re.fullmatch(_TYPE, code[start + 1 : index]):
                return True
    return False


def _asks(tool: Tool, role: ArgRole, parsed: Parsed, text: str) -> bool:
    """Did the person's own words ask for this option with this value? They wrote the option, or words that mean it, and the value."""
    flags = [flag for option in tool.spec.options if option.dest == role.dest for flag in option.flags]
    folded = text.lower()
    meant = any(_says(text, flag) for flag in flags) or any(_says(folded, words) for words in role.words)
    meant = meant or any(words in text for words in role.words_zh)
    value = parsed.values.get(role.dest)
    items = [] if value is None or isinstance(value, bool) else value if isinstance(value, list | tuple) else [value]
    if not items:
        return meant
    return (meant or bool(re.search(_ASKING, text))) and all(_says(text, str(item)) for item in items)


def _says(text: str, words: str) -> bool:
    """Does the text hold these words, not as a part of longer ones?"""
    return bool(words) and re.search(rf"(?<![\w/.-]){re.escape(words)}(?![\w/-]|\.\w)", text) is not None


def _name(tool: Tool, dest: str) -> str:
    return next((option.long for option in tool.spec.options if option.dest == dest), dest)


# costs


def _of_costs(tool: Tool, parsed: Parsed, probes: Sequence[tuple[str, Probe]]) -> Iterator[_Risk]:
    """One for each argument: the first that applies says enough."""
    told = set()
    for cost in tool.knowledge.costs:
        about = _applies(cost, parsed, probes)
        if about is not None and about not in told:
            dest = next(iter((*cost.given, *cost.above, *cost.below)), "")
            told.add(about)
            yield _Risk(cost.risk, f"{tool.name} {dest}".rstrip(), _name(tool, dest) if dest else about or tool.name, cost.why)


def _applies(cost: Cost, parsed: Parsed, probes: Sequence[tuple[str, Probe]]) -> str | None:
    """The probe that the cost is about, or else its options, where all its conditions hold."""
    given = frozenset(parsed.given)
    if not given.issuperset(cost.given) or given.intersection(cost.without):
        return None
    if not all(_number(parsed, dest) > limit for dest, limit in cost.above.items()):
        return None
    if not all(0 < _number(parsed, dest) < limit for dest, limit in cost.below.items()):
        return None
    if cost.busy and not _is_busy(int(_number(parsed, cost.busy))):
        return None
    if cost.probes:
        return next((argument for argument, probe in probes if _is_hot(probe, cost.probes)), None)
    if cost.broad is not None:
        return next((argument for argument, probe in probes if _is_broad(probe, cost.broad)), None)
    return " ".join((*cost.given, *cost.above, *cost.below))


def _number(parsed: Parsed, dest: str) -> float:
    """An option's number; 0 where it has none."""
    value = parsed.values.get(dest)
    return float(value) if isinstance(value, int | float) else 0.0


def _is_hot(probe: Probe, patterns: Sequence[str]) -> bool:
    """The probe is one of these, or its pattern matches one of them."""
    from fnmatch import fnmatchcase

    own = f"{'p' if probe.kind == 'r' else probe.kind}:{probe.library}:"
    if not probe.pattern:
        return any(fnmatchcase(own + probe.name, pattern) for pattern in patterns)
    candidates = [pattern.split(":", 2) for pattern in patterns]
    near = [name for kind, library, name in candidates if fnmatchcase(own, f"{kind}:{library}:")]
    from bccpilot.checking.probes import comparable

    if not comparable(probe.name):
        return bool(near)
    expression = re.compile(probe.name)
    start = re.match(r"\^?([\w:]*)", probe.name)
    plain = start.group(1) if start else ""
    return any(expression.match(name.replace("*", "")) or (plain and fnmatchcase(plain, name)) for name in near)


def _is_broad(probe: Probe, most: int) -> bool:
    if not probe.pattern or probe.library or probe.kind != "p":
        return False
    from bccpilot.checking import attaching
    from bccpilot.checking.host import Place

    count = attaching.matched(probe, Place())
    return count > most if count is not None else not re.match(r"\^?\w\w", probe.name)


def _is_busy(pid: int) -> bool:
    """Has the process used much CPU since it began? See proc(5): utime, stime and starttime are in ticks."""
    import os

    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        with open("/proc/uptime", encoding="ascii") as file:
            uptime = float(file.read().split()[0])
    except (OSError, ValueError):
        return False
    ticks = os.sysconf("SC_CLK_TCK")
    age = uptime - int(fields[19]) / ticks
    return age > 1 and (int(fields[11]) + int(fields[12])) / ticks / age >= _BUSY
