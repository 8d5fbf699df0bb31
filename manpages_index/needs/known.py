"""What neither source nor binary tells of a tool's needs, from known.toml."""

from __future__ import annotations

import functools
from pathlib import Path

from manpages_index.frozen import replace
from manpages_index.model import Attach, Needs
from manpages_index.needs import ctext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def completed(needs: Needs, name: str, flavour: str) -> Needs:
    """`needs` with what the data file adds for this tool; a list `attach` replaces what was read."""
    said = _data().get(flavour, {}).get(name, {})
    attach = tuple(a for entry in said["attach"] for a in _attach(entry)) if "attach" in said else needs.attach
    optional = set(said.get("optional", ()))
    attach = tuple(replace(a, optional=a.optional or bool(optional & set(a.names))) for a in attach)
    return replace(
        needs,
        attach=attach,
        programs=(*needs.programs, *said.get("programs", ())),
        hardware=(*needs.hardware, *said.get("hardware", ())),
        files=(*needs.files, *said.get("files", ())),
        config=(*needs.config, *said.get("config", ())),
        breaks=(*needs.breaks, *said.get("breaks", ())),
        arguments={**needs.arguments, **said.get("arguments", {})},
    )


def broken(program: str) -> tuple[dict[str, str], ...]:
    """The macros of the kernel's headers in a piece of bcc's C that some kernels' headers turned into what bcc refuses, as `Needs.breaks`."""
    return tuple(
        {"header": macro["header"], "contains": macro["contains"], "since": macro["since"], "why": f"its C uses {name}(), {macro['why']}"}
        for macro in _data()["macros"]
        for name in macro["names"]
        if ctext.uses(program, name)
    )


def _attach(entry: str) -> list[Attach]:
    """`KIND NAME|NAME...`; the kind `fentry_or_kprobe` is what libbpf-tools do with functions that fentry may not reach."""
    kind, names = entry.split()
    alternatives = tuple(names.split("|"))
    if kind == "fentry_or_kprobe":
        return [Attach("kfunc", alternatives, when=("kfunc",)), Attach("kprobe", alternatives, when=("!kfunc",))]
    return [Attach(kind, alternatives)]


def processes(language: str) -> tuple[str, ...]:
    """The names of the processes that run programs of a language: `tclsh` for tcl."""
    return tuple(_data()["languages"].get(language, ()))


@functools.cache
def _data() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_name("known.toml").read_text(encoding="utf-8"))
