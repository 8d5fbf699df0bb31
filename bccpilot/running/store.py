"""The runs on the disk: one directory each, the user's own (0700, files 0600), in `$XDG_STATE_HOME/bccpilot/runs`.

    plan.json   what was asked and planned
    host.json   the machine, the kernel, versions
    out.log     what the tool printed, byte for byte; err.log likewise
    order.tsv   in which order: seconds, stream, bytes; one chunk a line
    records.jsonl   the parsed records
    result.json     how it ended; missing: it runs, or bccpilot was killed

A disk that is full, a directory that can't be written, a missing home: each is a warning in `Keeper.warnings`, and the
run goes on.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from bccpilot.errors import UsageError
from bccpilot.model import Line, Run
from bccpilot.running.clock import Limits
from bccpilot.running.lines import Splitter
from manpages_index import places

STREAMS = {"out": "out.log", "err": "err.log"}
ORDER, RECORDS, PLAN, HOST, RESULT = "order.tsv", "records.jsonl", "plan.json", "host.json", "result.json"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
AGE_S, BYTES = 30 * 86400.0, 2 << 30


def runs_directory() -> str:
    """Where the runs are; it may not exist."""
    state = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        state = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "bccpilot", "runs")


class Keeper:
    """Writes one run. Never raises OSError: what can't be kept is said once, in `warnings`."""

    def __init__(self, directory: str | None, id: str | None = None) -> None:
        """`directory` None: nothing is kept."""
        self.id = id or new_id()
        self.directory = directory
        self.warnings: list[str] = []
        self._files: dict[str, int] = {}
        if directory is not None:
            self._attempt(lambda: self._make(directory))

    def _make(self, directory: str) -> None:
        places.make(os.path.dirname(directory))
        os.mkdir(directory, 0o700)
        self._files["."] = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._files["."], fcntl.LOCK_SH)  # `prune` leaves alone what is locked
        for name in (*STREAMS.values(), ORDER, RECORDS):
            self._files[name] = self._open(name)

    def _open(self, name: str) -> int:
        """Relative to the directory that was made, and nothing that exists: no link can lead elsewhere."""
        return os.open(name, NEW, 0o600, dir_fd=self._files["."])

    def output(self, stream: str, content: bytes, at: float) -> None:
        """What the tool printed, `at` seconds after its start."""
        if self.directory is not None:
            self._attempt(lambda: self._output(stream, content, at))

    def _output(self, stream: str, content: bytes, at: float) -> None:
        _write(self._files[STREAMS[stream]], content)
        _write(self._files[ORDER], f"{at:.6f}\t{stream}\t{len(content)}\n".encode())

    def records(self, records: list[dict[str, object]]) -> None:
        """Parsed records, in order; many at a time are cheaper."""
        if self.directory is not None and records:
            text = "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records)
            self._attempt(lambda: _write(self._files[RECORDS], text.encode()))

    def document(self, name: str, content: object) -> None:
        """One JSON file, written once: plan.json, host.json ..."""
        if self.directory is not None:
            self._attempt(lambda: self._document(name, content))

    def _document(self, name: str, content: object) -> None:
        fd = self._open(name)
        try:
            _write(fd, json.dumps(content, indent=1).encode() + b"\n")
        finally:
            os.close(fd)

    def result(self, run: Run) -> None:
        """How it ended."""
        self.document(RESULT, asdict(run))

    def close(self) -> None:
        """After the last record."""
        while self._files:
            os.close(self._files.popitem()[1])
        self.directory = None

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            where = self.directory
            self.close()
            self.warnings.append(f"the run is not kept in {where} from here on: {error.strerror or error}")


def create(plan: object, host: object, directory: str | None = None) -> Keeper:
    """A new run's directory with its plan and host (anything that JSON can hold)."""
    id = new_id()
    keeper = Keeper(os.path.join(directory or runs_directory(), id), id)
    keeper.document(PLAN, plan)
    keeper.document(HOST, host)
    return keeper


def new_id() -> str:
    """Sorts by time; two at the same second differ."""
    return time.strftime("%Y%m%d-%H%M%S-") + os.urandom(2).hex()


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


@dataclass(frozen=True)
class Stored:
    """A run on the disk. `result` is None while it runs, and where bccpilot was killed. `size`: bytes of all its
    files.
    """

    id: str
    directory: str
    started: float
    size: int
    plan: dict[str, object]
    host: dict[str, object]
    result: dict[str, object] | None

    def lines(self) -> Iterator[Line]:
        """What the tool printed, line by line, in the order and with the times of the run."""
        splitters = {stream: Splitter(Limits.line_bytes) for stream in STREAMS}
        at = 0.0
        for at, stream, content in self.chunks():
            for text in splitters[stream].feed(content):
                yield Line(text, stream, at)
        for stream, splitter in splitters.items():
            for text in splitter.last():
                yield Line(text, stream, at)

    def chunks(self) -> Iterator[tuple[float, str, bytes]]:
        """The raw bytes: (seconds since the start, stream, content). A run that was cut off gives what there is."""
        with (
            open(os.path.join(self.directory, ORDER), encoding="ascii") as order,
            open(os.path.join(self.directory, STREAMS["out"]), "rb") as out,
            open(os.path.join(self.directory, STREAMS["err"]), "rb") as err,
        ):
            for entry in order:
                at, stream, size = entry.split("\t")
                yield float(at), stream, (out if stream == "out" else err).read(int(size))

    def records(self) -> Iterator[dict[str, object]]:
        """The parsed records of the run; a last line that was cut off is left out."""
        with open(os.path.join(self.directory, RECORDS), encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)


def list_runs(directory: str | None = None) -> list[Stored]:
    """All runs, the newest first."""
    base = directory or runs_directory()
    try:
        ids = sorted(os.listdir(base), reverse=True)
    except OSError:
        return []
    return [stored for id in ids if (stored := _stored(base, id)) is not None]


def load_run(id: str, directory: str | None = None) -> Stored:
    """One run: by its ID, the beginning of one, or `last`. Raises UsageError where there is none, or more than one."""
    runs = list_runs(directory)
    found = runs[:1] if id == "last" else [run for run in runs if run.id.startswith(id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{id} is the beginning of {len(found)} runs", "", "give more of its ID: `bccpilot runs`")
    raise UsageError(f"there is no run {id}", f"none of the {len(runs)} runs kept has this ID", "`bccpilot runs` lists them")


def _stored(base: str, id: str) -> Stored | None:
    place = os.path.join(base, id)
    try:
        started = os.stat(place).st_mtime
        size = sum(entry.stat().st_size for entry in os.scandir(place))
    except OSError:
        return None
    result = _json(os.path.join(place, RESULT))
    if result is not None:
        started = float(str(result.get("started", started)))
    return Stored(id, place, started, size, _json(os.path.join(place, PLAN)) or {}, _json(os.path.join(place, HOST)) or {}, result)


def _json(path: str) -> dict[str, object] | None:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def prune(age_s: float = AGE_S, bytes: int = BYTES, directory: str | None = None) -> int:
    """Delete runs older than `age_s` seconds, then the oldest until the rest has at most `bytes`. Runs in progress
    stay. How many went.
    """
    gone, total = 0, 0
    for run in list_runs(directory):
        total += run.size
        if (time.time() - run.started > age_s or total > bytes) and _delete(run.directory):
            gone, total = gone + 1, total - run.size
    return gone


def _delete(place: str) -> bool:
    """Unless a bccpilot is writing there."""
    import shutil

    try:
        fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(place)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
