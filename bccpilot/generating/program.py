"""The values of a generated program, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Probe:
    """One clause: where it attaches (`points`), when it counts (`predicate`, empty: always), what it does (`body`, statements without
    their semicolons), and one line of reason."""

    points: tuple[str, ...]
    body: tuple[str, ...]
    predicate: str = ""
    why: str = ""

    @property
    def text(self) -> str:
        head = ",\n".join(self.points) + (f"\n/{self.predicate}/" if self.predicate else "")
        return f"{head}\n{{\n" + "".join(f"    {statement};\n" for statement in self.body) + "}\n"


@dataclass(frozen=True)
class Program:
    """A program that was composed for a request.

    `instead` is an installed tool that shows the same; `cannot_run` says why this host can't run it; `duration_s` how long the request wants
    it to trace (seconds, None: nothing was said); `about` says in a few words what it shows. `units`: what the numbers of a map are, by the
    map's name (`@bytes`: B).
    """

    request: str
    probes: tuple[Probe, ...]
    about: str = ""
    instead: str | None = None
    cannot_run: str | None = None
    duration_s: float | None = None
    units: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(probe.text for probe in self.probes)


@dataclass(frozen=True)
class Wish:
    """A request as the composer understands it: an event, a measure of one of its values, by keys, under filters.

    `event` is an entry of events.toml, `name` what it is called. `filters` are (field, operator, value as bpftrace writes it). `interval_s`:
    print and begin anew that often; `top`: only so many of the largest. `stacks`: ustack and kstack as keys. `step`: a linear histogram's
    (least, most, step). `per_second`: a rate.
    """

    request: str
    name: str
    event: dict[str, object]
    measure: str = "count"
    value: str | None = None
    keys: tuple[str, ...] = ()
    filters: tuple[tuple[str, str, str], ...] = ()
    stacks: tuple[str, ...] = ()
    interval_s: float | None = None
    top: int | None = None
    step: tuple[int, int, int] | None = None
    frequency: int | None = None
    duration_s: float | None = None
    warnings: tuple[str, ...] = ()
