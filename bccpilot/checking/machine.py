"""Why a tool can't run here, as far as it's the machine: its hardware, files and rights, and what programs are compiled with."""

from __future__ import annotations

import functools
import os
import re

from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bccpilot.host import Host
    from manpages_index.model import Needs, Tool

CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON = 21, 39, 38


@frozen
class Cause:
    """Why a tool can't run here. `kind` groups causes: kprobes, function, fentry, tracepoint, headers, compile, btf, hardware, process,
    library, config, file, uprobes, capability, program. `what` says it in words, `remedy` what would mend it ("" where nothing does)."""

    kind: str
    what: str
    remedy: str = ""


def lacking(needs: Needs, host: Host) -> Iterator[Cause]:
    """What the tool needs of the hardware, the files, the kernel's options and its own rights, and hasn't."""
    for hardware in needs.hardware[:1]:
        kind = hardware.split(":", 1)[0]
        accepted = [h.split(":", 1)[1] for h in needs.hardware if h.startswith(kind)]
        actual = host.machine if kind == "arch" else host.vendor
        if actual is not None and actual not in accepted:
            yield Cause("hardware", f"it is made for {accepted[0]}, this machine is {actual}")
    for path in needs.files:
        if not os.path.exists(path):
            yield Cause("file", f"{path} is not there")
    for option in needs.config:
        if host.config.get(option) == "n":
            yield Cause("config", f"the kernel was built without {option}")
    if host.root and host.capabilities and not _may_trace(host):
        remedy = "run it outside of the container, or give it CAP_SYS_ADMIN"
        yield Cause("capability", "this root has neither CAP_BPF nor CAP_SYS_ADMIN", remedy)


def _may_trace(host: Host) -> bool:
    return CAP_SYS_ADMIN in host.capabilities or {CAP_BPF, CAP_PERFMON} <= host.capabilities


def uncompilable(tool: Tool, host: Host) -> Iterator[Cause]:
    """Why its program can't be made here: no bpftrace, no type information, no headers, or a source that is too old for these."""
    if tool.flavour == "bpftrace" and host.bpftrace is None:
        yield Cause("program", "bpftrace is not installed", "apt install bpftrace")
    if tool.needs.btf and not host.btf:
        yield Cause("btf", "this kernel has no type information (/sys/kernel/btf/vmlinux)", "use a kernel with CONFIG_DEBUG_INFO_BTF")
    if tool.needs.compiles and host.headers.path is None:
        remedy = f"apt install linux-headers-{host.release}"
        yield Cause("headers", f"the headers of this kernel are not installed ({host.headers.looked[0]})", remedy)
        return
    yield from (Cause("compile", entry["why"]) for entry in tool.needs.breaks if _breaks(entry, host))


def _breaks(entry: Mapping[str, str], host: Host) -> bool:
    """Is the tool's source too old for this kernel, or for its headers?"""
    if "until" in entry and host.bcc and _numbers(host.bcc) >= _numbers(entry["until"]):
        return False
    found = _header_contains(host.headers.path or "", entry["header"], entry["contains"]) if "header" in entry else None
    return found if found is not None else host.version >= _numbers(entry["since"])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version))


@functools.cache
def _header_contains(headers: str, name: str, text: str) -> bool | None:
    """Debian keeps what all builds share in a second directory, which `source` links to."""
    for directory in (headers, os.path.join(os.path.dirname(headers), "source")):
        try:
            with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as file:
                return text in file.read()
        except OSError:
            continue
    return None
