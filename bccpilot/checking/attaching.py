"""Whether a probe finds something to attach to on this host: kernel functions, tracepoints, functions and USDT probes of programs."""

from __future__ import annotations

import os
import re
import warnings

from bccpilot.checking.host import PROBE_LIMIT, Hidden, Missing, Place, nearest
from bccpilot.checking.probes import comparable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bccpilot.checking.probes import Probe

_CLOSE = 80  # of 100: among so many functions something is always a little alike


def look(probe: Probe, place: Place) -> None:
    """Raises Missing where the probe has nothing to attach to, Hidden where that can't be seen."""
    if probe.kind == "t":
        _tracepoint(probe, place)
    elif probe.kind == "u":
        _usdt(probe, place)
    elif probe.library:
        _symbol(probe, place)
    else:
        _kernel_function(probe, place)


def _kernel_function(probe: Probe, place: Place) -> None:
    symbols = place.kernel()
    if probe.pattern:
        count = matched(probe, place)
        if count == 0:
            raise Missing(f"no kernel function matches {probe.text}")
        if count is not None and count > PROBE_LIMIT:
            raise Missing(f"it matches {count} kernel functions; the tool attaches to {PROBE_LIMIT} at most")
        return
    known = symbols.has(probe.name)
    if known is None:
        raise Hidden("the kernel's list of functions can't be read")
    if not known:
        raise Missing(f"no kernel function {probe.name}{_near_function(probe.name, place)}")


def matched(probe: Probe, place: Place) -> int | None:
    """How many kernel functions a pattern matches; None where that isn't found out."""
    symbols = place.kernel()
    if probe.name in ("^.*$", ".*", "", "^"):
        every = symbols.matching("")
        return None if every is None else len(every)
    if not comparable(probe.name):
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            names = symbols.matching(probe.name)
    except re.error:
        return None  # it is looked up alternative by alternative, and this one can't be taken apart
    return None if names is None else len(names)


def _near_function(name: str, place: Place) -> str:
    """Another kernel's name of a system call, the name with something added (`.isra.0`, `_noprof`), or else the nearest one. A slip is
    rarer in the first letters, and all names are a hundred thousand."""
    symbols = place.kernel()
    call = re.search(r"(?:^|_)sys_(\w+)$", name, re.IGNORECASE)
    entry = f"__x64_sys_{call.group(1)}" if call else ""
    if entry and symbols.has(entry):
        return f"; did you mean {entry}?"
    longer = sorted(symbols.matching(f"^{re.escape(name)}[._]") or (), key=len)
    if longer and len(longer[0]) <= len(name) + 8:
        return f"; did you mean {longer[0]}?"
    return nearest(name, symbols.matching("^" + re.escape(name[:2])) or (), _CLOSE)


def _tracepoint(probe: Probe, place: Place) -> None:
    events = _events(place)
    if probe.pattern:
        if comparable(probe.name) and not _matching_events(probe, events):
            raise Missing(f"no tracepoint matches {probe.text}")
        return
    category, _, event = probe.name.partition(":")
    if os.path.isdir(f"{events}/{category}/{event}"):
        return
    if not os.path.isdir(f"{events}/{category}"):
        raise Missing(f"no tracepoint {probe.name}: there is no category {category}{nearest(category, _entries(events))}")
    raise Missing(f"no tracepoint {probe.name}{nearest(event, _entries(f'{events}/{category}')).replace('mean ', f'mean {category}:')}")


def _events(place: Place) -> str:
    for path in ("/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"):
        if os.access(place.path(path), os.R_OK | os.X_OK):
            return place.path(path)
    raise Hidden("tracefs is closed to this user, or not mounted")


def _entries(path: str) -> list[str]:
    return [entry.name for entry in os.scandir(path) if entry.is_dir()]


def _matching_events(probe: Probe, events: str) -> bool:
    """A category without wildcards is the only one that is looked into."""
    category = probe.name.lstrip("^").partition(":")[0]
    categories = [category] if re.fullmatch(r"\w+", category) else _entries(events)
    expression = re.compile(probe.name)
    return any(
        expression.match(f"{name}:{event}")
        for name in categories
        if os.path.isdir(f"{events}/{name}")
        for event in _entries(f"{events}/{name}")
    )


def image(library: str, place: Place) -> str:
    """The path of a program or library as a probe names it: a path, or a library's name without `lib` and `.so`. A process's own view of
    the files comes first."""
    import shutil

    from bccpilot.checking import elf

    if "/" in library:
        paths = _views(library, place)
    else:
        found = (shutil.which(library) if place.programs else None) or elf.library(library)
        if found is None:
            raise Missing(_no_library(library))
        paths = _views(found, place)
    for path in paths:
        if os.path.isfile(path):
            return path
    raise Missing(f"there is no file {library}")


def _views(path: str, place: Place) -> Sequence[str]:
    own = [f"/proc/{place.pid}/root{path}"] if place.pid and path.startswith("/") else []
    return [place.path(view) for view in (*own, path)]


def _no_library(name: str) -> str:
    """A program has to be named by its path: bcc's own search for programs fails under Python 3."""
    import shutil

    from bccpilot.checking import elf

    program = shutil.which(name)
    if program is not None:
        return f"{name} is no library; as a program it has to be named by its path: {program}"
    return f"no library {name}{nearest(name.removeprefix('lib').split('.so')[0], elf.libraries())}"


def _symbol(probe: Probe, place: Place) -> None:
    from bccpilot.checking import elf

    path = image(probe.library, place)
    try:
        file = elf.Elf(path)
    except elf.NotElf:
        raise Missing(f"{probe.library} is no program or library that a probe can be set in") from None
    if probe.pattern:
        if comparable(probe.name) and not file.functions(re.compile(probe.name).match):
            raise Missing(f"no function of {probe.library} matches {probe.text}")
    elif not file.has_function(probe.name):
        raise Missing(f"no function {probe.name} in {path}{nearest(probe.name, file.functions())}")


def _usdt(probe: Probe, place: Place) -> None:
    from bccpilot.checking import elf

    path = image(probe.library, place)
    try:
        known = elf.Elf(path).usdt()
    except elf.NotElf:
        raise Missing(f"{probe.library} is no program or library") from None
    names = known if ":" in probe.name else [name.partition(":")[2] for name in known]
    if probe.name not in names:
        none = "; it has none at all" if not known else ""
        raise Missing(f"no USDT probe {probe.name} in {path}{nearest(probe.name, names) or none}")
