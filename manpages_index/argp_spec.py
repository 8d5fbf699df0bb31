"""A libbpf-tools program -> its ArgSpec, read from the ELF file; the program isn't run.

The program hands `struct argp { options, parser, args_doc, doc, ... }` to argp_parse(); options is an array of 48-byte
`struct argp_option { name, key, arg, flags, doc, group }` that ends with an empty one (glibc's argp.h, 64-bit). Both lie in the data
sections, their pointers in the relocations. What the parse function does with a value is code: arguments.toml has it, from the sources.
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass, replace

from manpages_index.argparse_spec import documented, positionals_of, spec_of
from manpages_index.model import ArgSpec, Option, Positional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ARG_OPTIONAL, HIDDEN, ALIAS, DOC = 1, 2, 4, 8
RECORD = struct.Struct("<QixxxxQixxxxQixxxx")
MOST_OPTIONS = 128
RELATIVE = {8, 1027}  # R_X86_64_RELATIVE, R_AARCH64_RELATIVE
CHOICES = re.compile(r"\[(\w+(?:(?:/|, )\w+)+)\]")
USAGE = re.compile(r"^\s*usage:\s*(?P<usage>.*?)(?:\n\s*\n|\Z)", re.I | re.M | re.S)
DEFAULTS = (
    Option(("-?", "--help"), "help", action="help", help="Give this help list"),
    Option(("--usage",), "usage", action="help", help="Give a short usage message"),
    Option(("--program-name",), "program_name", hidden=True, metavar="NAME", help="Set the program name"),
    Option(("--HANG",), "HANG", action="help", hidden=True, help="Hang for an hour"),
)
VERSION = Option(("-V", "--version"), "version", action="version", help="Print program version")


@dataclass(frozen=True)
class Image:
    """The program as it lies in memory: the loaded segments (address, bytes), the relocated pointers, the defined names."""

    segments: tuple[tuple[int, bytes], ...]
    pointers: dict[int, int]
    names: frozenset[str]

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes at an address; fewer where there are no more."""
        for start, data in self.segments:
            if start <= address < start + len(data):
                return data[address - start : address - start + size]
        return b""

    def pointer(self, address: int) -> int:
        if address in self.pointers:
            return self.pointers[address]
        raw = self.read(address, 8)
        return int.from_bytes(raw, "little") if len(raw) == 8 else 0

    def text(self, address: int) -> str | None:
        """The string at an address, None where there is none."""
        data = self.read(address, 8192) if address else b""
        end = data.find(b"\0")
        if end < 0:
            return None
        try:
            return data[:end].decode("utf-8")
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True)
class Record:
    """One `struct argp_option`."""

    name: str | None
    key: int
    arg: str | None
    flags: int
    doc: str | None


def read_argp_spec(path: str) -> ArgSpec:
    """The arguments of the libbpf tool at `path`. Raises OSError where it can't be read, ValueError where it is no such program."""
    target = os.path.basename(os.path.realpath(path))
    special = documented(target, "libbpf")
    if special is not None and special.get("parser"):
        return spec_of(special)
    image = load(path)
    found = next(argp_structs(image), None)
    if found is None:
        raise ValueError(f"{path} has no argp options")
    records, args_doc, doc = found
    text = f"{args_doc}\n{doc}"
    spec = ArgSpec("argp", _options(records, image), _positionals(args_doc, doc), usage=text.strip())
    return _for_alias(_with_known(spec, special or {}), os.path.basename(path))


def load(path: str) -> Image:
    """The ELF file at `path` as it is loaded; raises ValueError where it is no 64-bit ELF file."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    with open(path, "rb") as file:
        try:
            elf = ELFFile(file)
        except ELFError as error:
            raise ValueError(f"{path}: {error}") from error
        if elf.elfclass != 64 or not elf.little_endian:
            raise ValueError(f"{path} is not a 64-bit little-endian program")
        segments = tuple((s["p_vaddr"], s.data()) for s in elf.iter_segments() if s["p_type"] == "PT_LOAD")
        return Image(segments, _pointers(elf), _names(elf))


def _pointers(elf: Any) -> dict[int, int]:
    table = elf.get_section_by_name(".rela.dyn")
    relocations = table.iter_relocations() if table else ()
    return {r["r_offset"]: r["r_addend"] for r in relocations if r["r_info_type"] in RELATIVE}


def _names(elf: Any) -> frozenset[str]:
    table = elf.get_section_by_name(".dynsym")
    return frozenset(s.name for s in table.iter_symbols() if s["st_shndx"] != "SHN_UNDEF") if table else frozenset()


def argp_structs(image: Image) -> Iterator[tuple[list[Record], str, str]]:
    """Every `struct argp` in the data: its option records, args_doc and doc."""
    for place, target in sorted(image.pointers.items()):
        parser, args_doc, doc = (image.pointer(place + offset) for offset in (8, 16, 24))
        if not parser or not doc or (image.text(doc) or "").count(" ") == 0:
            continue
        records = list(_records(image, target))
        if records and all(r.name or r.key or r.doc is not None for r in records):
            yield records, image.text(args_doc) or "", image.text(doc) or ""


def _records(image: Image, address: int) -> Iterator[Record]:
    """The option records at an address, up to the empty one; none at all where the bytes are something else."""
    found: list[Record] = []
    for number in range(MOST_OPTIONS):
        start = address + number * RECORD.size
        data = image.read(start, RECORD.size)
        if len(data) < RECORD.size:
            return
        _, key, _, flags, _, group = RECORD.unpack(data)
        name, arg, doc = (image.pointer(start + offset) for offset in (0, 16, 32))
        if not (name or key or arg or doc or flags or group):
            yield from found
            return
        texts = [image.text(pointer) for pointer in (name, arg, doc)]
        if any(pointer and text is None for pointer, text in zip((name, arg, doc), texts, strict=True)):
            return
        found.append(Record(texts[0], key, texts[1], flags, texts[2]))


def _options(records: list[Record], image: Image) -> tuple[Option, ...]:
    """The options in order. A long name that comes twice means the first one, so the second option only keeps its letter."""
    options: list[Option] = []
    taken: set[str] = set()
    defaults = DEFAULTS + ((VERSION,) if image.names & {"argp_program_version", "argp_program_version_hook"} else ())
    for record in records:
        if record.flags & DOC:
            continue
        flags = [flag for flag in _flags(record) if flag not in taken]
        taken.update(flags)
        if record.flags & ALIAS and options:
            options[-1] = replace(options[-1], flags=tuple(sorted((*options[-1].flags, *flags), key=len)))
        elif flags:
            options.append(_option(record, flags))
    for default in defaults:
        free = tuple(flag for flag in default.flags if flag not in taken)
        options += [replace(default, flags=free)] if free else []
    return tuple(options)


def _flags(record: Record) -> list[str]:
    short = ["-" + chr(record.key)] if 32 < record.key < 127 else []
    return short + (["--" + record.name] if record.name else [])


def _option(record: Record, flags: list[str]) -> Option:
    if not record.name and flags == ["-h"]:
        return Option(("-h",), "help", action="help", hidden=True, help="Give this help list")
    return Option(
        tuple(flags),
        flags[-1].lstrip("-").replace("-", "_"),
        action="store" if record.arg else "store_true",
        nargs="?" if record.arg and record.flags & ARG_OPTIONAL else None,
        default=None if record.arg else False,
        const=None if record.arg else True,
        hidden=bool(record.flags & HIDDEN),
        metavar=record.arg,
        help=" ".join((record.doc or "").split()),
    )


def _positionals(args_doc: str, doc: str) -> tuple[Positional, ...]:
    """The operands that the usage names: FUNCTION of args_doc, `[interval [count]]` of args_doc or of the doc's own usage line."""
    usage = USAGE.search(doc)
    text = args_doc + " " + re.sub(r"\[\s*-[^\]]*\]", " ", usage["usage"] if usage else "")
    required = [Positional(word.lower(), metavar=word) for word in re.findall(r"(?<![\[\w-])[A-Z]\w*(?![\w\]])", args_doc)]
    optional = dict.fromkeys(name.lower() for name in re.findall(r"\[\s*(\w+)", text))
    return (*required, *(Positional(name, nargs="?", metavar=name) for name in optional))


def _with_known(spec: ArgSpec, known: dict[str, Any]) -> ArgSpec:
    """The spec with what arguments.toml knows of the values, by dest: types and choices, what is required, what excludes each other."""
    choices, required, types = known.get("choices", {}), known.get("required", ()), known.get("types", {})
    options = tuple(
        replace(o, type=types.get(o.dest, o.type), choices=tuple(choices.get(o.dest, ())), required=o.dest in required) for o in spec.options
    )
    positionals = positionals_of(known) if "positionals" in known else spec.positionals
    exclusive = tuple(tuple(group) for group in known.get("exclusive", ()))
    return replace(
        spec,
        options=options,
        positionals=tuple(replace(p, type=types.get(p.dest, p.type)) for p in positionals),
        exclusive=exclusive,
        exclusive_required=(False,) * len(exclusive),
    )


def _for_alias(spec: ArgSpec, name: str) -> ArgSpec:
    """A program that picks what to trace by the name it is called by: ext4slower is fsslower with --type ext4."""
    options = []
    for option in spec.options:
        found = CHOICES.search(option.help) if option.takes_value else None
        words = tuple(re.split(r"/|, ", found[1])) if found else option.choices
        default = next((word for word in words if name.startswith(word)), option.default)
        options.append(replace(option, choices=words, default=default, required=option.required and default is None))
    return replace(spec, options=tuple(options))
