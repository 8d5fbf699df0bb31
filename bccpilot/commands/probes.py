"""bccpilot probes WORDS: the places of this host where something can be observed, ranked, with their fields and types."""

from __future__ import annotations

import argparse

from bccpilot.errors import EXIT_DONE, NoToolFits, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.generating.points import Point

HELP = """The tracepoints, kernel functions, software, hardware and timed events of this host that some words name, best
first, with what can be read there. Only what exists on this kernel is listed.

  bccpilot probes page fault        bccpilot probes --json tcp retransmit
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("words", nargs="*", metavar="WORDS", help="what is to be observed")
    add("--most", type=int, default=12, metavar="N", help="how many to list (default: 12)")
    add("--json", action="store_true", help="machine-readable")
    add("--index", metavar="FILE", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from bccpilot import config
    from bccpilot.generating.points import ranked
    from bccpilot.host import read_host
    from manpages_index import lexicon, store, words

    text = " ".join(options.words)
    if not text.strip():
        raise UsageError("no words were given", next="bccpilot probes page fault")
    tables = store.load(options.index, config.own_knowledge()).search
    concepts = [name for name in lexicon.match(tables["lexicon"], words.fold(text)) if name in tables["probes"]]
    host = read_host()
    found = ranked(text, host, max(1, options.most), {name: tables["probes"][name] for name in concepts})
    if not found:
        raise NoToolFits("no probe of this host has to do with these words", "", "name what happens in the kernel, or a system call")
    print(_json(found) if options.json else "\n".join(_line(point) for point in found))
    if not options.json and not host.tracefs_open:
        print("(the tracepoints' categories can be read by root only: sudo bccpilot probes ... finds more)")
    return EXIT_DONE


def _line(point: Point) -> str:
    fields = "" if point.fields is None else ", ".join(f"{name}: {kind}" for name, kind in point.fields)
    return f"{point.name}\n    {point.why}" + (f"\n    {fields}" if fields else "")


def _json(found: tuple[Point, ...]) -> str:
    import json

    return json.dumps(
        [
            {"probe": p.name, "kind": p.kind, "score": p.score, "why": p.why,
             "fields": None if p.fields is None else [{"name": name, "type": kind} for name, kind in p.fields]}
            for p in found
        ],
        ensure_ascii=False,
    )  # fmt: skip
