"""The values in a request: PIDs, names, durations, intervals, thresholds, ports, addresses, paths, devices, functions, each with its kind.

Things with a form of their own (addresses, paths, probes, devices ...) are taken first; what remains are numbers, whose neighbours say what
they are (lexicon/cues.toml). Kinds are role names, so that the planner can hand a value straight to the option of that role.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bccpilot.model import Value
from bccpilot.request import fields
from bccpilot.request.purpose import GLUE, best, classify
from bccpilot.request.quantities import EVERY, PER, UNITS, Quantity, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bccpilot.request.purpose import Cues

# One pass for everything that has a form; names as they are used as kinds.
_FORMS = r"""(?ax)
    (?P<quoted>"[^"]*"|“[^”]*”|(?<![A-Za-z0-9])'[^']*'(?![A-Za-z0-9]))
  | (?P<address>
        (?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w.]*\w)
      | (?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?:/\d{1,3})?(?![\w:]))
  | (?P<probe>(?<![\w/.:])(?:[ptru]:)?(?:[\w./+-]*:){1,2}[A-Za-z_*][\w*?.]*(?:\(\))?)
  | (?P<path>(?<![\w/.])(?:~|\.{1,2})?/[\w.@+*/-]*[\w*/])
  | (?P<terminal>\b(?:pts[/ ]\d+|tty(?:S|USB)?\d+)\b)
  | (?P<errno>\bE(?:[A-Z]{3,}|2BIG|XDEV|IO|DOM|BADF)\d*\b)
  | (?P<signal>\bSIG[A-Z]+\d*(?:\ ?\(\d+\))?)
  | (?P<flag>\b(?:O|CAP|MS|AF|TCP)_[A-Z_]+\b)
  | (?P<disk>\b(?:nvme\d+n\d+(?:p\d+)?|[shv]d[a-z]{1,2}\d*|xvd[a-z]\d*|dm-\d+|md\d+|mmcblk\d+|loop\d+|sr\d+)(?![\w-]))
  | (?P<interface>\b(?:eth|ens|enp|eno|enx|wlan|wlp|bond|br|veth|tun|tap|virbr|docker|cni|vlan|ib)\d[\w.]*|\bbr-\w+)
  | (?P<percentile_list>\b(?:percentiles?|quantiles?)\s+\d+(?:\.\d+)?(?:(?:\s*,\s*and\s+|\s*(?:,|and|和|、)\s*)\d+(?:\.\d+)?)*)
  | (?P<percentile_name>
        \b\d{1,2}(?:\.\d+)?(?:th|st|nd|rd)\b(?:(?:\s*,\s*|\s+and\s+)\d{1,2}(?:\.\d+)?(?:th|st|nd|rd)\b)*(?=\s+(?:percentile|quantile)))
  | (?P<percentile_zh>\d{2}(?:\.\d+)?(?:(?:\s*(?:、|,|，|和|与)\s*)\d{2}(?:\.\d+)?)*\s*百?分位)
  | (?P<percentiles>\b[pP]\d{2,4}(?:\.\d+)?(?:(?:\s*(?:,|/|、|and|和|与)\s*|\s+)[pP]\d{2,4}(?:\.\d+)?)*\b)
  | (?P<function>
        \b[A-Za-z][A-Za-z0-9]*(?:_+[A-Za-z0-9]+)+_?\*?(?:\(\))?
      | \b[A-Za-z]\w*_(?:\*|(?![\w*(/-]))|\b[A-Za-z]\w+\(\)|(?<![\w_])_+[A-Za-z]\w*)
  | (?P<port>(?<=[\s:,，])(?<=:)\d{2,5}\b)
    """  # ASCII, so that a word ends where Chinese begins
# Without one of these, or a digit, or a capital, or a disk's letters, nothing of it can be there.
_DISKS = ("sd", "hd", "vd")
_SIGNS = frozenset("\"'“”/_:*()~-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DEVICE = r"/dev/(?:nvme\d+n\d+(?:p\d+)?|[shv]d[a-z]{1,2}\d*|xvd[a-z]\d*|dm-\d+|md\d+|mmcblk\d+|loop\d+)"
JOINERS = ("and", "or", ",", "、", "和", "或", "或者", "以及", "&", "/", "与", "跟", "，", "，和", ", and", ", or")


def values(text: str, folded: str, cues: Mapping[str, Cues]) -> tuple[Value, ...]:
    """All values of a request, left to right. `folded` is the text as words.fold() gives it, of the same length; `cues` are the index's."""
    found: list[Value] = []
    rest = list(folded)
    for match in re.finditer(_FORMS, text) if not _SIGNS.isdisjoint(text) or any(disk in text for disk in _DISKS) else ():
        kind = match.lastgroup or ""
        if kind in ("address", "port"):
            kind = _of_which_end(kind, found, folded[: match.start()], cues)
        formed = _formed(kind, match.group())
        if formed is None:
            continue
        if formed[0] == "path" and re.search(_SAVED, folded[: match.start()]):
            formed = "output_file", formed[1]
        found.append(Value(*formed, match.group(), match.start()))
        rest[match.start() : match.end()] = " " * (match.end() - match.start())
    found.extend(_numbers("".join(rest), folded, cues, _ends(_MEGABYTES, text) if "M" in text else []))
    return _ports_of_addresses(fields.with_fields(tuple(sorted(found, key=lambda v: v.start)), folded), folded)


# What is written there is what bccpilot prints, not what a process writes.
_SAVED = (
    r"\b(?:save|dump|export|store|redirect)\b[^,.;]{0,40}(?: to| into| in| as) (?:a |the )?(?:file )?$"
    r"|\b(?:write|put) (?:it|them|that|this|all|everything|the|its|output|results?|lines)\b[^,.;]{0,30}(?: to| into| in) (?:a |the )?(?:file )?$"
    r"|(?:^|[，。,；;] ?|并|再|然后)(?:保存|导出|输出)[^，。,]{0,16}(?:到|进|至|为|在) ?$"
    r"|(?:结果|输出|记录|数据|图) ?(?:都|全|也)?(?:保存|存|写|放|导出|导|dump|落) ?(?:到|进|至|为|成|在) ?$"
)


def _ends(pattern: str, text: str) -> list[int]:
    return [match.end() for match in re.finditer(pattern, text)]


_PORT_OF = frozenset(("port", ", port", "on port", "的", "端口", "的端口", "tcp port", "at port"))


def _ports_of_addresses(values: tuple[Value, ...], folded: str) -> tuple[Value, ...]:
    """`peer 10.0.0.5 port 3306`: the port is of the end that the address is of."""
    found = list(values)
    for number, (one, other) in enumerate(pairwise(values)):
        gap = folded[one.start + len(one.text) : other.start].strip()
        if one.kind in ("address", "subnet", "local_address") and other.kind in ("port", "number") and gap in _PORT_OF:
            found[number + 1] = Value("local_port" if one.kind == "local_address" else "remote_port", other.value, other.text, other.start)
    return tuple(found)


def _of_which_end(kind: str, before: list[Value], left: str, cues: Mapping[str, Cues]) -> str:
    """`to 10.0.0.7:443` is a peer's port, `local address 10.0.0.1:80` one of our own; a plain address is left open."""
    if kind == "port":
        joined = before and left == f"{left[: before[-1].start]}{before[-1].text}:"
        return kind if not joined else "local_port" if before[-1].kind == "local_address" else "remote_port"
    return "local_address" if best(cues.get("addresses", {}), left.rstrip(GLUE), "")[0] == "local_address" else kind


def _numbers(text: str, folded: str, cues: Mapping[str, Cues], megabytes: list[int]) -> list[Value]:
    quantities = _so_often(text, [_in_megabytes(q) if q.end in megabytes and q.unit == "m" else q for q in find(text)])
    read = [classify(text, quantity, cues) for quantity in quantities]
    kinds = [_of_who(kind, q, folded) for q, (kind, _, _) in zip(quantities, read, strict=True)]
    pairs = [(i, i + 1) for i in range(len(quantities) - 1) if _joined(text, quantities[i], quantities[i + 1])]
    _beside_each_other(text, quantities, read, kinds)
    # A list shares its kind, said before it (`ports 6379 and 6380`) or behind it (`6379 和 6380 端口`).
    for one, next_one in pairs:
        said_before = kinds[one] != "number" and kinds[next_one] in ("number", "port", "observed")
        kinds[next_one] = kinds[one] if said_before and kinds[one] not in _ONCE else kinds[next_one]
    for one, next_one in reversed(pairs):
        kinds[one] = kinds[next_one] if kinds[one] == "number" and kinds[next_one] not in _ONCE else kinds[one]
    for one, other in pairs:
        if _is_between(text, quantities[one], quantities[other]):
            kinds[one], kinds[other] = _BETWEEN.get(quantities[other].kind, (kinds[one], kinds[other]))
    kinds = [f"observed_{q.kind}" if kind == "observed" and q.kind in ("time", "size") else kind for kind, q in zip(kinds, quantities, strict=True)]
    return _ranges(
        text,
        [
            Value(kind, _plain(q.value), folded[q.start - before : q.end + behind], q.start - before)
            for kind, q, (_, before, behind) in zip(kinds, quantities, read, strict=True)
        ],
    )


def _of_who(kind: str, quantity: Quantity, folded: str) -> str:
    """`who fires SIGKILL at 4040`: whom a signal is sent to."""
    return "pid" if quantity.kind == "number" and re.search(_SIGNALLED, folded[: quantity.start]) else kind


_SIGNALLED = r"\b(?:sig[a-z]{2,6}\d?|signals?(?: \d+)?|kill -\w+)(?: at| to| on|给|发给) ?(?:pid |process )?$"
_ONCE = frozenset(("top_n", "count", "events_limit", "max_args", "stack_depth", "sample_one_in"))  # a request has one of them, no list
_IN_STEPS = frozenset(("", "x", "*", "×", ",", "，", "、", "and", "共", ",共", "，共"))
_STEPS = frozenset(("", "of", "of about", "at", "@", "x", "*", "×", "every", "each", "per", ",", "，", ",每", "，每", ",each", ", each"))


def _beside_each_other(text: str, quantities: list[Quantity], read: list[tuple[str, int, int]], kinds: list[str]) -> None:
    """Two neighbours that say what one is for: `2 rounds of 10 seconds` and `2 seconds, 5 times` are an interval and a count, unless
    other words say what the time is."""
    for number, (one, other) in enumerate(pairwise(quantities)):
        gap = text[one.end : other.start].strip(" ")
        by_unit = {n: read[n][1:] == (0, 0) and kinds[n] == "duration" for n in (number, number + 1)}
        if kinds[number] == "number" and kinds[number + 1] == "interval" and gap == "":
            kinds[number] = "count"  # `six ten-second windows`
        if kinds[number : number + 2] == ["interval", "number"] and re.fullmatch(_OUTPUTS, gap):
            kinds[number + 1] = "count"  # `5 s screens, a dozen`
        if kinds[number : number + 2] == ["count", "sample_one_in"]:
            kinds[number] = "observed"  # `one sample per 1000 events`
        if kinds[number] == "duration" and kinds[number + 1] == "count" and re.search(_REPEATED, text[one.end : other.start]):
            kinds[number] = "interval"
        if one.kind in ("number", "times") and other.kind == "time" and re.fullmatch(r"[a-z]* ?of(?: about)?", gap) and by_unit[number + 1]:
            kinds[number : number + 2] = ["count", "interval"]
        elif kinds[number] == "count" and other.kind == "time" and by_unit[number + 1] and gap in _STEPS:
            kinds[number + 1] = "interval"
        elif one.kind == "time" and kinds[number + 1] == "count" and by_unit[number] and gap in _IN_STEPS and "interval" not in kinds:
            kinds[number] = "interval"
        if _is_sampling(one, other, gap):
            kinds[number : number + 2] = ["rate", "observed"] if other.kind == "time" else ["observed", "rate"]
        elif _is_rate(text, one, other, kinds[number]) or _has_changed(one, other, kinds[number], gap):
            kinds[number] = kinds[number + 1] = "observed"


# Behind a length of time and before a number: that is how long each of so many takes.
_OUTPUTS = r"(?:screens?|samples?|reports?|outputs?|windows?|summaries|refreshes) ?,"
_REPEATED = r"\b(?:do|run|repeat|take) (?:that|this|it)\b|\brepeat\w*|重复|这样"
_SAMPLED = ("", "采", "采样", "抽样", "取样", "采集")


def _is_sampling(one: Quantity, other: Quantity, gap: str) -> bool:
    """`99 samples a second`, `每秒采 99 次`: a frequency, for a tool that has one."""
    if other.kind == "time":
        return one.kind == "times" and other.value == 1 and gap in ("", "/", "per") and one.value >= _OFTEN
    return one.unit == PER and one.value == 1 and other.kind == "times" and gap in _SAMPLED and other.value >= _OFTEN


_OFTEN = 10


def _is_rate(text: str, one: Quantity, other: Quantity, kind: str) -> bool:
    """`50 MB an hour`, `3 times a minute`, `每分钟有 3 次`: how much of something happens, not what is asked for."""
    gap = text[one.end : other.start].strip(" ")
    if other.kind == "time" and (one.kind in ("size", "percent") or kind in ("count", "observed")):
        return gap in ("", "/", "per") and text[other.start] in "ahms"
    if one.unit == PER and other.kind in ("size", "percent"):
        return len(gap) <= _SHORT_GAP  # 每小时涨 200 多兆
    return one.unit == PER and other.kind == "times" and gap in ("有", "约", "大约", "大概", "约有", "大约有", "大概有", "能有", "至少有")


_SHORT_GAP = 6


def _has_changed(one: Quantity, other: Quantity, kind: str, gap: str) -> bool:
    """`from 2 ms to 80 ms`, `300-400 ms`: what somebody saw."""
    if one.kind == other.kind and kind == "observed":
        return gap in ("to", "up to", "->", "→", "到", "涨到", "升到", "变成", "飙到")
    return one.kind == "number" and kind == "number" and other.kind == "time" and gap in ("-", "–", "~", "到", "to")


_MEGABYTES = r"(?a)(?<!for )(?<!every )(?<!next )\b\d+(?:\.\d+)?M(?!\w)"


def _so_often(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """`report twice a minute`: every half a minute."""
    found = _spans(text, quantities)
    for number, (one, other) in reversed(list(enumerate(pairwise(found)))):
        joined = text[one.end : other.start].strip() in ("per", "every") or text[other.start :].startswith(("a ", "an "))
        told = joined and re.search(_TOLD_OFTEN, text[: one.start])
        if one.kind == "times" and one.unit in ("times", "time") and one.value < _OFTEN and other.kind == "time" and one.value > 0 and told:
            found[number : number + 2] = [Quantity(other.value / one.value, "time", one.start, other.end, EVERY)]
    return found


_TOLD_OFTEN = r"(?:\b(?:report|print|output|refresh|update|show|dump|snapshot)(?:s|ed|ing)? (?:it |them |this |that )?|, ?)$"


def _in_megabytes(quantity: Quantity) -> Quantity:
    """`100M`: minutes are written with a small letter."""
    kind, factor = UNITS["mb"]
    return Quantity(quantity.value / UNITS["m"][1] * factor, kind, quantity.start, quantity.end, "mb")


_BETWEEN = {"time": ("threshold", "threshold_max"), "size": ("size_min", "size_max")}


def _spans(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """`between 100 and 200 bytes`: the first number has the unit of the second."""
    found = list(quantities)
    for number, (one, other) in enumerate(pairwise(quantities)):
        if one.kind == "number" and other.unit and _is_between(text, one, other) and text[one.end : other.start].strip() in JOINERS:
            kind, factor = UNITS[other.unit]
            found[number] = Quantity(round(one.value * factor, 12), kind, one.start, one.end, other.unit)
    return found


_WITHIN = ("之间", "区间")


def _is_between(text: str, quantity: Quantity, other: Quantity | None = None) -> bool:
    """`between 1 and 5 ms`, `1ms 到 1s 之间`."""
    if other is not None and text[other.end :].lstrip().startswith(_WITHIN):
        return True
    return text[: quantity.start].rstrip(GLUE).endswith(("between", "from", "介于", "在"))


def _ranges(text: str, values: list[Value]) -> list[Value]:
    """`ports 3000-3006` is one value."""
    found: list[Value] = []
    for value in values:
        last = found[-1] if found else None
        gap = text[last.start + len(last.text) : value.start].strip() if last is not None else ""
        if last is not None and last.text.isdigit() and value.text.isdigit() and (gap == "-" or (gap in _TO and last.kind.endswith("port"))):
            found[-1] = Value(last.kind, f"{last.value}-{value.value}", f"{last.text}-{value.text}", last.start)
        else:
            found.append(value)
    return found


def _formed(kind: str, text: str) -> tuple[str, str] | None:
    """(kind, value) of something with a form of its own; None where it only looks like it."""
    if kind == "quoted":
        return (kind, text[1:-1]) if len(text) > 2 else None
    if kind.startswith("percentile"):
        return "percentiles", ",".join(re.findall(r"\d+(?:\.\d+)?", text))
    if kind == "probe" and (text.isupper() or text.lower() in _NO_PROBES):
        return None  # HH:MM:SS
    if kind == "function":
        return None if text.isupper() or text in _NO_FUNCTIONS else (kind, text.removesuffix("()"))
    if kind == "address" and "/" in text:
        return "subnet", text
    if kind == "path" and re.fullmatch(_DEVICE, text):
        return "disk", text.rpartition("/")[2]
    if kind == "signal":
        return kind, text.partition("(")[0].strip()
    if kind == "terminal":
        return "terminal", f"/dev/{text.replace(' ', '/')}"
    if kind == "errno":
        import errno

        return (kind, text) if text in errno.errorcode.values() else None
    return kind, text


# Columns of iostat, and settings of databases.
_NO_FUNCTIONS = frozenset("r_await w_await d_await f_await aqu_sz shared_buffers work_mem max_connections max_wal_size x86_64".split())
_NO_PROBES = frozenset(("hh:mm:ss", "ip:port", "host:port", "addr:port", "address:port", "user:group"))


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


# What stands between the first and the last of a range.
_TO = frozenset(("-", "–", "~", "～", "to", "thru", "through", "until", "up to", "and up to", "到", "至", "-port", "~port"))


def _joined(text: str, one: Quantity, other: Quantity) -> bool:
    """Whether two numbers are of one kind: of a list, or the ends of a range."""
    gap = text[one.end : other.start].strip()
    is_range = gap in _TO and (one.kind == "number" or text[other.end :].lstrip().startswith(_WITHIN))
    return one.kind == other.kind and (gap in JOINERS or is_range)
