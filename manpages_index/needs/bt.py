"""A bpftrace tool's source -> what it attaches to. bpftrace refuses to start when none of a probe's names exists."""

from __future__ import annotations

import re

from manpages_index.model import Attach, Needs

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SHORT = {
    "k": "kprobe", "kr": "kretprobe", "t": "tracepoint", "rt": "rawtracepoint", "u": "uprobe", "ur": "uretprobe",
    "f": "kfunc", "fr": "kretfunc", "p": "profile", "i": "interval", "s": "software", "h": "hardware", "U": "usdt",
}  # fmt: skip
_KINDS = {"uretprobe": "uprobe", "kretfunc": "kfunc", "rawtracepoint": "raw_tracepoint", "software": "perf_event", "hardware": "perf_event"}
_WITHOUT = {"BEGIN", "END", "profile", "interval"}  # timers need nothing of the kernel's names


def needs_of(path: str) -> Needs:
    """Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:
        source = _STRING.sub('""', _COMMENT.sub(" ", file.read()))
    groups = [re.split(r"\s*,\s*", spec) for spec in _specifications(source)]
    attach = dict.fromkeys(attach for group in groups for attach in _attach(group))
    return Needs(attach=tuple(attach))


def _specifications(source: str) -> list[str]:
    """What stands before each outermost block: `kprobe:a, kprobe:b /filter/ {`."""
    found, depth, start = [], 0, 0
    for match in re.finditer(r"[{}]|^#[^\n]*$", source, re.MULTILINE):
        mark = match.group()
        if mark == "{":
            if depth == 0:
                found.append(source[start : match.start()])
            depth += 1
        elif mark == "}":
            depth -= 1
        if depth == 0:
            start = match.end()
    plain = (re.sub(r"/[^/\n]*/\s*$", "", text.strip(), flags=re.DOTALL).strip() for text in found)
    return [text for text in plain if re.match(r"[A-Za-z]+(:|$)", text)]


def _attach(group: list[str]) -> list[Attach]:
    """bpftrace warns and goes on when one probe of a list is missing, so the names of one kind are alternatives."""
    kinds: dict[str, list[str]] = {}
    for spec in group:
        kind, _, name = spec.partition(":")
        kind = _SHORT.get(kind, kind)
        if kind not in _WITHOUT and name:
            kinds.setdefault(_KINDS.get(kind, kind), []).append(_name(kind, name))
    return [Attach(kind, tuple(names)) for kind, names in kinds.items()]


def _name(kind: str, name: str) -> str:
    if kind in ("software", "hardware"):
        return f"{kind}:{name.split(':')[0]}"
    if "*" in name and kind in ("kprobe", "kretprobe", "tracepoint"):
        return "re:^" + re.escape(name).replace(r"\*", ".*") + "$"
    return name
