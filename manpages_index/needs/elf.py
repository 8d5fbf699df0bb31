"""A libbpf-tools binary -> what it attaches to, from the BPF object that its skeleton holds.

The object's sections are named after what each program attaches to (`tp_btf/sched_switch`, `fentry/vfs_read`, `kprobe/...`). Where there is
an fentry and a kprobe program for a function, the tool takes fentry when the kernel can, else kprobe: every such tool does it in this way.
"""

from __future__ import annotations

import io

from manpages_index.model import Attach, Needs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"\x7fELF"
_EM_BPF = 247
_EXECUTABLE = 0x4
_KINDS = {
    "tp_btf": "raw_tracepoint", "raw_tp": "raw_tracepoint", "raw_tracepoint": "raw_tracepoint", "tp": "tracepoint",
    "tracepoint": "tracepoint", "kprobe": "kprobe", "kretprobe": "kretprobe", "fentry": "kfunc", "fexit": "kfunc",
    "uprobe": "uprobe", "uretprobe": "uprobe",
    "usdt": "usdt", "perf_event": "perf_event", "lsm": "lsm",
}  # fmt: skip


def needs_of(path: str) -> Needs:
    """Raises OSError, and ValueError where there is no BPF object in the file."""
    with open(path, "rb") as file:
        data = file.read()
    sections = list(dict.fromkeys(_sections(data)))
    if not sections:
        raise ValueError("no BPF object in the binary")
    return Needs(attach=_attach(sections), btf=True)


def _sections(data: bytes) -> Iterator[str]:
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    start = data.find(_MAGIC, 1)
    while start > 0:
        if int.from_bytes(data[start + 18 : start + 20], "little") == _EM_BPF:
            try:
                for section in ELFFile(io.BytesIO(data[start:])).iter_sections():
                    if section["sh_type"] == "SHT_PROGBITS" and section["sh_flags"] & _EXECUTABLE:
                        yield section.name
            except ELFError as error:
                raise ValueError(str(error)) from error
        start = data.find(_MAGIC, start + 4)


def _attach(sections: list[str]) -> tuple[Attach, ...]:
    pairs = [(_KINDS.get(name.partition("/")[0], ""), name.partition("/")[2]) for name in sections]
    pairs = list(dict.fromkeys((kind, name.replace("/", ":")) for kind, name in pairs if kind))
    kinds = {kind for kind, _ in pairs}
    both = "kfunc" in kinds and bool(kinds & {"kprobe", "kretprobe"}) and _same_functions(pairs)
    return tuple(dict.fromkeys(_one(kind, name, both) for kind, name in pairs))


def _same_functions(pairs: list[tuple[str, str]]) -> bool:
    """fentry programs are one way of two only where kprobe programs attach to the same functions."""
    fentry = {name for kind, name in pairs if kind == "kfunc"}
    return fentry <= {name for kind, name in pairs if kind in ("kprobe", "kretprobe")}


def _one(kind: str, name: str, both: bool) -> Attach:
    dynamic = not name or name.startswith(("dummy", "foo", "handle_"))
    when = {"kfunc": ("kfunc",), "kprobe": ("!kfunc",), "kretprobe": ("!kfunc",)}.get(kind, ()) if both else ()
    return Attach(kind, () if dynamic else (name,), when=when)
