"""The probes that a piece of bcc's C attaches by itself, by its macros and by the names of its functions."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_MACRO = re.compile(r"\b(RAW_TRACEPOINT|TRACEPOINT|KFUNC|KRETFUNC|LSM)_PROBE\s*\(\s*([\w:]+)\s*(?:,\s*(\w+))?")
_FUNCTION = re.compile(r"\b(kprobe|kretprobe|tracepoint|raw_tracepoint|kfunc|kretfunc)__(\w+)\s*\(")
_OLD = re.compile(
    r"^[ \t]*#if LINUX_VERSION_CODE < KERNEL_VERSION\([2-5], *\d+, *\d+\).*?(?=^[ \t]*#(?:else|endif))", re.DOTALL | re.MULTILINE
)
_KINDS = {"RAW_TRACEPOINT": "raw_tracepoint", "KFUNC": "kfunc", "KRETFUNC": "kfunc", "LSM": "lsm", "kretfunc": "kfunc"}


def probes(text: str) -> Iterator[tuple[str, str]]:
    """(kind, name) of each; macros whose arguments are still placeholders of a template are left out."""
    text = _OLD.sub("", _COMMENT.sub(" ", text))  # what only kernels before 5.x see; none of them is left in use
    for macro, first, second in _MACRO.findall(text):
        if macro == "TRACEPOINT":
            if second:
                yield "tracepoint", f"{first}:{second}"
        elif not first.isupper():
            yield _KINDS[macro], first
    for kind, name in _FUNCTION.findall(text):
        yield _KINDS.get(kind, kind), name.replace("__", ":", 1) if kind == "tracepoint" else _system_call(name)


def uses(text: str, name: str) -> bool:
    """Does it call this function or macro of the kernel's headers? One that it defines itself is its own."""
    text = _COMMENT.sub(" ", text)
    return bool(re.search(rf"\b{name}\s*\(", text)) and not re.search(rf"#\s*define\s+{name}\b", text)


def _system_call(name: str) -> str:
    """bcc itself turns the prefixes of any architecture into this one's."""
    return re.sub(r"^(__x64_|__arm64_|__s390x_|__riscv_|__se_)?sys_", "syscall:", name)
