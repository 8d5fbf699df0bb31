"""What is known of an installed tool, as frozen values. Nothing here knows of requests, models or sudo.

A `Tool` is made once, when the index is built, and only read afterwards. Its three parts come from three places: the arguments
(`ArgSpec`) from the tool's own source or binary, what it attaches to (`Needs`) likewise, and what only an expert knows (`Knowledge`) from
one TOML file in `knowledge/`.
"""

from __future__ import annotations

from manpages_index.frozen import field, frozen


@frozen
class Limit:
    """One condition under which a value is refused, with the tool's own message (`%s`, `%r`, `%d` stand for the value).

    `op`: < <= > >= == != (the number, against `value`), `not in` (the text, against the list `value`), `not file` (no such regular
    file), `missing` (nothing of that name), `longer` (than `value` bytes).
    `field` says which part of a `fields` value is meant.
    """

    op: str
    value: object = None
    error: str = ""
    field: int | None = None


@frozen
class ArgType:
    """How a tool turns an argument's text into a value, and what it refuses.

    `kind`: str | int | float | uid (a number or a user's name) | errno (a number or a name such as EPERM, made positive) | list (of `item`s) |
    fields (exactly `count` parts, the last may hold separators) | strtol (C's: the digits in front, 0 where there are none and no `error`) |
    opaque (the source wasn't understood: any text passes). `min`/`max` are inclusive and in the option's own unit; they follow from
    `limits`, which are what is checked. Limits and `error` (the text can't be converted; None: argparse's own words with `name`) hold for
    each item of a list. A list is stripped first (`strip`), split at `separator` at most `maxsplit` times (-1: no limit), and only its
    first `keep` items are looked at; with `skip_empty` empty ones are left out, with `as_text` its items are checked but stay text.
    """

    kind: str = "str"
    min: float | None = None
    max: float | None = None
    item: str | None = None
    separator: str = ","
    error: str | None = None
    name: str | None = None
    limits: tuple[Limit, ...] = ()
    strip: bool = False
    maxsplit: int = -1
    keep: int | None = None
    skip_empty: bool = False
    as_text: bool = False
    count: int | None = None


@frozen
class Option:
    """One option. `flags` are its spellings as its source has them; `dest` is where argparse puts the value.

    `action`: store | store_true | store_false | store_const | append | count | help | version. `nargs` as in argparse (None, "?", "*",
    "+", or a number as text). `default` and `const` are JSON values. `hidden`: help is suppressed.
    """

    flags: tuple[str, ...]
    dest: str
    action: str = "store"
    type: ArgType = ArgType()
    nargs: str | None = None
    choices: tuple[str, ...] = ()
    default: object = None
    const: object = None
    required: bool = False
    hidden: bool = False
    metavar: str | None = None
    help: str = ""

    @property
    def takes_value(self) -> bool:
        return self.action in ("store", "append")

    @property
    def long(self) -> str:
        """The full name: what an abbreviation is expanded to."""
        return max(self.flags, key=len)


@frozen
class Positional:
    """One positional argument, in the order in which the tool reads them."""

    dest: str
    type: ArgType = ArgType()
    nargs: str | None = None
    choices: tuple[str, ...] = ()
    default: object = None
    metavar: str | None = None
    help: str = ""


@frozen
class ArgSpec:
    """All arguments that a tool takes, as its own source has them.

    `parser`: argparse | argp | getopt | bpftrace | none (`none`: the tool reads no arguments at all, or reads sys.argv itself as
    `positionals` describe). `exclusive` are groups of dests of which at most one may be given. `prefix` is what a shell wrapper puts before
    the user's arguments (`-l java`), and `target` the path of the tool that it calls. `usage` is the tool's own usage text, where it has one.
    """

    parser: str = "none"
    options: tuple[Option, ...] = ()
    positionals: tuple[Positional, ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    exclusive_required: tuple[bool, ...] = ()
    prefix: tuple[str, ...] = ()
    target: str | None = None
    ignores_arguments: bool = False
    usage: str = ""


@frozen
class Example:
    """A command of a man page or an example file, with the sentence that introduces it."""

    text: str
    args: tuple[str, ...]
    source: str = "man"


@frozen
class Attach:
    """One thing that a tool attaches to.

    `kind`: kprobe | kretprobe | kfunc | tracepoint | raw_tracepoint | uprobe | usdt | perf_event | proc. `names` are alternatives: one of
    them is enough; none at all means that an argument names it. `optional`: the tool runs without it.

    A name is a function (`syscall:open` stands for the kernel's own name of that system call, `re:^vfs_` for whatever matches), a tracepoint
    (`category:name`, raw ones without the category), `library:symbol` for a uprobe, `software:cpu_clock` for a perf event.

    `when` are clauses that must all hold before it attaches at all; a clause is one or more literals joined by `|`, `!` negates:
    `option:dest` (given), `option:dest=value`, `function:regex`, `symbol:name`, `tracepoint:category:name`, `field:struct.field`, `kfunc`,
    `raw_tracepoint`, `module_raw_tracepoint`, `kprobe:name` (attachable), `uprobe:library:symbol` (likewise), `?` (not understood).
    """

    kind: str
    names: tuple[str, ...]
    optional: bool = False
    when: tuple[str, ...] = ()


@frozen
class Needs:
    """What a tool needs of the kernel and the machine, read from its source or binary.

    `compiles`: it compiles C when it starts, against the kernel's headers. `btf`: it can't do without the kernel's type information.
    `programs` are processes that it observes (mysqld, java): without one that runs there is nothing to attach to. `hardware`: `arch:ppc64le`,
    `vendor:GenuineIntel`. `files` must exist. `config` are options that the kernel must be built with.
    `breaks` say where the program is refused although all that it attaches to is there, because its source is older than the kernel: `header`
    and what it `contains` there, the kernel `since` which it is so, the tools' version `until` which it is not mended, and `why`.
    `arguments`: how many arguments of a USDT probe it reads, where another language's probe of the same name has fewer.
    """

    attach: tuple[Attach, ...] = ()
    compiles: bool = False
    btf: bool = False
    programs: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    breaks: tuple[dict[str, str], ...] = ()
    arguments: dict[str, int] = field(default_factory=dict)


@frozen
class ArgRole:
    """What an option or positional means: its role in the field's terms, its unit, and the words that ask for it.

    `words` turn a switch on; where `with_concepts` is given only in a request about one of them, and never in one about one of `unless`.
    Roles are listed in `lexicon/roles.toml`. `unit`: s ms us ns kb pages hz ... for numbers. `risk`: safe | costly | sensitive | dangerous.
    `value` is what to pass when the words ask for it and no value was said. `syntax` is how a probe is written for it: probe (trace's
    `p::f`, `t:c:n`), pattern (that, or a glob of many), function (its name alone), call (`f()`), tracepoint (`c:n`), specifier (argdist's);
    `implied`: one that a request only implies is taken, too. `gives_up`: the tool ends at the first function of a pattern that can't be
    probed; with this option the pattern is a regular expression, which can leave such out.
    """

    dest: str
    role: str
    unit: str | None = None
    words: tuple[str, ...] = ()
    words_zh: tuple[str, ...] = ()
    value: str | None = None
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    risk: str = "safe"
    why: str = ""
    multiple: bool = False
    whole: bool = False
    with_concepts: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    syntax: str = "probe"
    implied: bool = False
    gives_up: str | None = None


@frozen
class Column:
    """One column of a tool's output: the header's word, the field's name, type and unit. `given`: only printed with one of these dests."""

    header: str
    name: str
    type: str = "str"
    unit: str | None = None
    given: tuple[str, ...] = ()


@frozen
class OutputShape:
    """How a tool prints: the shape that picks the parser, and the columns. `when`: the dests that must be given for this shape to apply.

    `unit` is a histogram's or stack count's unit, `unit_given` what it becomes with an option (dest -> unit); `key` names what each
    histogram or table belongs to; `top` the fields by which a summary makes sense.
    """

    shape: str
    columns: tuple[Column, ...] = ()
    when: tuple[str, ...] = ()
    unit: str | None = None
    unit_given: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    top: tuple[str, ...] = ()


@frozen
class Rule:
    """A check that the tool makes after parsing, or should: if all dests of `given` are there (and none of `without`), it is an error."""

    given: tuple[str, ...]
    why: str
    without: tuple[str, ...] = ()
    check: str | None = None


@frozen
class Cost:
    """A risk that hangs on values (costs.toml): it applies where all conditions that are said hold.

    `given`, `without`: dests. `above`, `below`: limits of values by dest, exclusive. `probes`: KIND:LIBRARY:NAME patterns. `broad`: a
    pattern that matches more of the kernel's functions. `busy`: the dest of the PID of a process that uses much CPU.
    """

    why: str
    risk: str = "costly"
    given: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    above: dict[str, float] = field(default_factory=dict)
    below: dict[str, float] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    broad: int | None = None
    busy: str | None = None


@frozen
class Symptom:
    """Complaints that this tool is the first answer to, and why an engineer would run it."""

    words: tuple[str, ...]
    words_zh: tuple[str, ...]
    why: str
    why_zh: str = ""


@frozen
class StandIn:
    """A tool that shows part of what another, which can't run, would: what it `shows` of that, and the `probes` that it must be told."""

    tool: str
    shows: str
    probes: tuple[str, ...] = ()


@frozen
class Knowledge:
    """What a TOML file says of one tool; see knowledge/README.md. All of it may be missing. `own_words` are those of its roles, by what
    they turn on (dest, or dest=value), as lexicon.match looks them up."""

    about: str = ""
    about_zh: str = ""
    concepts: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    phrases_zh: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    unlike: dict[str, str] = field(default_factory=dict)
    equals: dict[str, str] = field(default_factory=dict)
    instead: tuple[StandIn, ...] = ()
    roles: tuple[ArgRole, ...] = ()
    own_words: dict[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    costs: tuple[Cost, ...] = ()
    outputs: tuple[OutputShape, ...] = ()
    ends: str = "interrupt"
    summary_at_end: bool = False
    needs_terminal: bool = False
    ready: str | None = None
    overhead: str = ""
    risk: str = "safe"
    risk_why: str = ""
    secrets: bool = False


@frozen
class Tool:
    """One installed tool. `name` is the base name (memleak), `flavour` bcc | libbpf | bpftrace, `path` absolute.

    `size`, `mtime_ns` and `sha256` are those of the file when it was indexed; the check right before a run compares them.
    """

    name: str
    flavour: str
    path: str
    summary: str = ""
    synopsis: str = ""
    description: str = ""
    man_page: str | None = None
    overhead: str = ""
    spec: ArgSpec = ArgSpec()
    needs: Needs = Needs()
    knowledge: Knowledge = Knowledge()
    examples: tuple[Example, ...] = ()
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""

    @property
    def command(self) -> str:
        """The file's own name, as a person types it after sudo: memleak-bpfcc."""
        return self.path.rsplit("/", 1)[-1]
