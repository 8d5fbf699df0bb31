"""The map: the values that travel from stage to stage, as frozen dataclasses and nothing else.

    text -> Request -> (Candidate, ...) -> Plan -> Command -> Run -> (Record, ...) -> Findings -> text

Durations are seconds, sizes bytes, times Unix seconds unless a field says otherwise.
"""

from __future__ import annotations

from manpages_index.frozen import field, frozen


@frozen
class Value:
    """One value found in a request. `kind` is a role name (pid, comm, duration, threshold ...), `value` in the base unit of the kind
    (seconds for times, bytes for sizes, plain numbers and strings else), `text` the words it was read from, `start` their place."""

    kind: str
    value: float | int | str
    text: str = ""
    start: int = 0


@frozen
class Complaint:
    """What a request says is wrong: the tools for such a case, best first, what the first will tell, and {sign: the words that met it}.
    `system_wide`: the cause is elsewhere than who suffers from it."""

    tools: tuple[str, ...]
    why: str
    signs: dict[str, str]
    system_wide: bool = False


@frozen
class Request:
    """A request, understood. `concepts` maps each concept met to the words that met it, `features` are what the search compares, `named`
    the tools named outright, `corrections` the typos mended. `asked` is the text less `ignored`, the shell that was hung on to it;
    `said` is that folded, with the values blanked; `order` the word by which it begins as an order to do something else; `declined` names
    a kind of request that is never served; `complaint` is the case of something wrong that it tells; `switches` are the options' roles whose
    own words it has."""

    text: str
    asked: str = ""
    said: str = ""
    language: str = "en"
    concepts: dict[str, str] = field(default_factory=dict)
    values: tuple[Value, ...] = ()
    words: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    corrections: dict[str, str] = field(default_factory=dict)
    ignored: str = ""
    order: str | None = None
    declined: str | None = None
    complaint: Complaint | None = None
    switches: tuple[str, ...] = ()


@frozen
class Candidate:
    """A tool that may serve a request. `score` is 0..1, `matched` the views that spoke for it, `reason` how the best one
    differs from it, `symptom` which of the tool's own, counted from 1, the request is worded like; 0 where none."""

    tool: str
    flavour: str
    score: float
    matched: tuple[str, ...] = ()
    reason: str = ""
    symptom: int = 0


@frozen
class Plan:
    """What to run and why; printed by `--json` as DESIGN's contract. `tool` is None where nothing fits, with the reason.

    `duration_s` is how long bccpilot lets it trace; None where the tool ends by itself or where nothing was said. `unresolved` are names of
    processes that don't run here, `cannot_run` says why this host can't run the tool: such plans are shown, and refused when they should
    run. `understood` says which words met which concepts and values, `close` names another tool that fits nearly as well,
    `declined` the kind of request that nothing here is for (writing, change ...).
    """

    query: str
    tool: str | None = None
    flavour: str | None = None
    path: str | None = None
    args: tuple[str, ...] = ()
    duration_s: float | None = None
    planner: str = "local"
    confidence: float = 0.0
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()
    warnings: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    cannot_run: str | None = None
    understood: tuple[str, ...] = ()
    close: str | None = None
    declined: str | None = None


@frozen
class Problem:
    """Why a command is refused. `stage`: spec (the tool's parser would refuse it), tool (the tool refuses or misreads it afterwards), host
    (what it names is not here), policy (the risk was not asked for). `argument` is the option or value as written, `at` the index of the
    character in it that is at fault, where that is known."""

    stage: str
    argument: str
    why: str
    at: int | None = None


@frozen
class Command:
    """A checked command. `argv` starts with the absolute path; `args` have every option expanded to its full name; `values` are what the
    tool's own parser makes of them, `given` the dests that were named. `risk`: safe | costly | sensitive | dangerous, with the reasons.
    `ready` is the tool knowledge's regular expression for the first line that it prints after its probes are attached."""

    tool: str
    flavour: str
    argv: tuple[str, ...]
    args: tuple[str, ...] = ()
    values: dict[str, object] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    risk: str = "safe"
    risk_reasons: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    duration_s: float | None = None
    needs_terminal: bool = False
    ready: str | None = None

    @property
    def ok(self) -> bool:
        return not self.problems


@frozen
class Line:
    """One line that a tool printed, undecodable bytes kept (surrogateescape). `stream`: out | err; `at` seconds since the start."""

    text: str
    stream: str = "out"
    at: float = 0.0


@frozen
class Run:
    """A run that has ended. `ended`: itself | time | interrupt | limit | failed | killed. `ready_s` is how long it took until the probes
    were attached (None: never), `traced_s` how long it traced after that. `status` is the exit status, negative for a signal."""

    id: str
    argv: tuple[str, ...]
    started: float
    ready_s: float | None = None
    traced_s: float = 0.0
    ended: str = "itself"
    status: int | None = None
    lines: int = 0
    bytes: int = 0
    not_shown: int = 0
    lost: int = 0
    stderr_tail: tuple[str, ...] = ()
    directory: str | None = None
    warnings: tuple[str, ...] = ()


@frozen
class Record:
    """One typed record. `kind`: event | row | bucket | stack | value | note | lost | unparsed. `fields` holds the typed values, `interval`
    the number of the output interval where there are any, `key` what a histogram or table belongs to, `raw` the line or lines."""

    kind: str
    fields: dict[str, object] = field(default_factory=dict)
    interval: int | None = None
    key: str | None = None
    raw: str = ""


@frozen
class Finding:
    """One fact computed from records. `kind` names the computation: total, rate, errors, top (rows: the heaviest names, the last row the sum
    of all; `value` how many names), max, quantile, mode, histogram and heat (rows: buckets), change (rows: first, last, least, most, mean,
    then a point for each interval), value, stack, inside, lost, and own, stale, implausible (what isn't in any other number). `subject` is
    what it is about, `value` and `unit` the number, `rows` the details in order, `how` how it was computed."""

    kind: str
    subject: str
    value: float | int | str | None = None
    unit: str | None = None
    rows: tuple[tuple[str, float | int | str], ...] = ()
    how: str = ""


@frozen
class Findings:
    """All facts of a run, most important first, with the counts that they rest on."""

    tool: str
    facts: tuple[Finding, ...] = ()
    records: int = 0
    unparsed: int = 0
    lost: int = 0
    own: int = 0
    traced_s: float = 0.0
