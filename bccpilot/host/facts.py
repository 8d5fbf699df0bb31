"""Single facts of the machine, each from one small file. None of them needs root; what can't be read is None."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIGS = (
    "CONFIG_KPROBES", "CONFIG_KPROBE_EVENTS", "CONFIG_KPROBE_EVENTS_ON_NOTRACE", "CONFIG_UPROBE_EVENTS", "CONFIG_FUNCTION_TRACER",
    "CONFIG_FTRACE_SYSCALLS", "CONFIG_BPF_SYSCALL", "CONFIG_BPF_EVENTS", "CONFIG_BPF_JIT", "CONFIG_BPF_KPROBE_OVERRIDE",
    "CONFIG_DEBUG_INFO_BTF", "CONFIG_IKHEADERS", "CONFIG_KALLSYMS", "CONFIG_KALLSYMS_ALL", "CONFIG_PREEMPTIRQ_TRACEPOINTS",
    "CONFIG_MODULES", "CONFIG_PERF_EVENTS", "CONFIG_DYNAMIC_FTRACE", "CONFIG_FUNCTION_ERROR_INJECTION",
)  # fmt: skip
_LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64", "/lib")
_PYTHON_PACKAGES = "/usr/lib/python3/dist-packages"


def text(path: str) -> str | None:
    """A small file's contents without the newline at its end."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:
        return None


def version(release: str) -> tuple[int, int, int]:
    """(6, 1, 0) of 6.1.0-50-amd64."""
    numbers = [int(n) for n in re.findall(r"\d+", release)[:3]]
    return (numbers + [0, 0, 0])[0], (numbers + [0, 0, 0])[1], (numbers + [0, 0, 0])[2]


def config(release: str) -> dict[str, str]:
    """The kernel's build options that matter for tracing: `y`, `m`, `n` or a value. Empty where the configuration isn't published."""
    data = _config_text(release)
    if data is None:
        return {}
    found = {}
    for option in _CONFIGS:
        start = data.find(f"\n{option}=".encode())
        found[option] = data[start + len(option) + 2 : data.index(b"\n", start + 1)].decode() if start >= 0 else "n"
    return found


def _config_text(release: str) -> bytes | None:
    for path in (f"/boot/config-{release}", f"/lib/modules/{release}/config"):
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            continue
    try:
        import zlib  # gzip imports three other packers with it

        with open("/proc/config.gz", "rb") as file:
            return zlib.decompress(file.read(), wbits=zlib.MAX_WBITS | 16)
    except (OSError, zlib.error):
        return None


def probes(kind: str, options: Mapping[str, str], option: str) -> bool | None:
    """kprobes or uprobes: the kernel lists them among its sources of perf events."""
    if os.path.isdir(f"/sys/bus/event_source/devices/{kind}"):
        return True
    if option in options:
        return options[option] == "y"
    return False if os.path.isdir("/sys/bus/event_source/devices") else None


def hardware_counters() -> bool | None:
    """Does the CPU count cycles and cache misses for us? Virtual machines mostly don't let it."""
    devices = "/sys/bus/event_source/devices"
    if not os.path.isdir(devices):
        return None
    return any(name == "cpu" or name.startswith(("cpu_", "armv8")) for name in os.listdir(devices))


def ftrace_open(tracefs: str | None) -> bool | None:
    """May root hook functions? Some hardened kernels refuse even to list them; fentry programs are refused there too."""
    if tracefs is None:
        return None
    try:
        with open(f"{tracefs}/available_filter_functions", "rb") as file:
            return bool(file.read(1))
    except PermissionError:
        return False
    except OSError:
        return None


def mounted(kind: str) -> str | None:
    """Where a file system of this kind is mounted."""
    for line in (text("/proc/self/mounts") or "").splitlines():
        _, place, found = line.split(" ", 3)[:3]
        if found == kind:
            return place
    return None


def headers(release: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    """(directory, their release, where bcc looks): $BCC_KERNEL_SOURCE, /lib/modules/RELEASE, /sys/kernel/kheaders.tar.xz."""
    given = os.environ.get("BCC_KERNEL_SOURCE")
    modules = os.path.join(os.environ.get("BCC_KERNEL_MODULES_PATH", "/lib/modules"), release)
    looked = (*((given,) if given else ()), f"{modules}/build", f"{modules}/source", "/sys/kernel/kheaders.tar.xz")
    for place in looked:
        if os.path.isfile(place):
            return place, release, looked
        if os.path.isfile(f"{place}/include/generated/uapi/linux/version.h") or os.path.isdir(f"{place}/include/linux"):
            return place, _headers_release(place), looked
    return None, None, looked


def _headers_release(place: str) -> str | None:
    found = re.search(r'UTS_RELEASE\s+"([^"]+)"', text(f"{place}/include/generated/utsrelease.h") or "")
    return found.group(1) if found else None


def lockdown() -> str | None:
    """none | integrity | confidentiality; None where securityfs isn't mounted or the kernel has no lockdown."""
    found = re.search(r"\[(\w+)\]", text("/sys/kernel/security/lockdown") or "")
    return found.group(1) if found else None


def sysctl(name: str) -> int | None:
    try:
        return int(text(f"/proc/sys/{name}") or "")
    except ValueError:
        return None


def memlock() -> int:
    """The limit of locked memory in bytes, -1 for none. Kernels before 5.11 charge BPF maps to it."""
    import resource

    return resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]


def capabilities() -> frozenset[int]:
    """The numbers of this process's effective capabilities."""
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", text("/proc/self/status") or "", re.MULTILINE)
    bits = int(found.group(1), 16) if found else 0
    return frozenset(n for n in range(64) if bits >> n & 1)


def vendor() -> str | None:
    """The CPU's maker as it calls itself: GenuineIntel, AuthenticAMD."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            found = re.search(r"^vendor_id\s*:\s*(\S+)", file.read(1024), re.MULTILINE)
    except OSError:
        return None
    return found.group(1) if found else None


def container() -> str | None:
    """What kind of container this runs in, as systemd and the engines tell."""
    if os.path.exists("/.dockerenv"):
        return "docker"
    if os.path.exists("/run/.containerenv"):
        return "podman"
    said = text("/run/systemd/container")
    return said or os.environ.get("container")  # noqa: SIM112 (systemd-nspawn and podman write it so)


def bcc_version() -> str | None:
    found = re.search(r"'([\d.]+)", text(f"{_PYTHON_PACKAGES}/bcc/version.py") or "")
    return found.group(1) if found else library_version("libbcc.so")


def library_version(stem: str) -> str | None:
    """The version in a shared library's file name: 1.1.2 of libbpf.so.1.1.2."""
    for directory in _LIBRARIES:
        try:
            names = [name for name in os.listdir(directory) if name.startswith(stem + ".")]
        except OSError:
            continue
        if names:
            return max(names, key=len).removeprefix(stem + ".")
    return None


def executable(name: str) -> str | None:
    places = ("/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin", "/run/wrappers/bin")
    return next((f"{place}/{name}" for place in places if os.access(f"{place}/{name}", os.X_OK)), None)
