"""A request, composed, checked, run through the runner while a child works: its records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bccpilot.generating import load, records
from bccpilot.generating.check import Checked, check
from bccpilot.host import Host
from bccpilot.model import Record, Run
from bccpilot.running.run import Limits, start

LONGEST_S = 30.0


@dataclass(frozen=True)
class Observed:
    records: tuple[Record, ...]
    run: Run


def observe(text: str, host: Host, work: Callable[[], None], unit: str | None = None, after_s: float = 0.0) -> Observed:
    """Run a program's text, do the work once its probes are attached, stop. `after_s`: how long it goes on tracing. Raises ValueError with
    the reason where it is refused or doesn't attach."""
    checked = check(text, host)
    if not checked.ok or checked.tree is None:
        raise ValueError("; ".join(f"{p.argument}: {p.why}" for p in checked.problems))
    return run(checked, work, unit, after_s)


def run(checked: Checked, work: Callable[[], None], unit: str | None = None, after_s: float = 0.0) -> Observed:
    attached = threading.Event()

    def state(now: str) -> None:
        if now in ("attached", "ended"):
            attached.set()

    assert checked.tree is not None
    with start(load.command(checked), Limits(duration_s=LONGEST_S, attach_s=60.0), state) as tracing:

        def working() -> None:
            attached.wait(90.0)
            try:
                if tracing.state == "attached":
                    work()
                    threading.Event().wait(after_s)
            finally:
                tracing.stop()

        worker = threading.Thread(target=working)
        worker.start()
        found = tuple(records.records(tracing, checked.tree, unit))
        worker.join()
    if tracing.result.ready_s is None:
        raise ValueError("\n".join(tracing.result.stderr_tail[-4:]) or "it never attached")
    return Observed(found, tracing.result)
