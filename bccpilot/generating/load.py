"""A checked program as a command for the runner, and the load by which the kernel's verifier decides.

bpftrace 0.17 has no dry run that loads (`-d` ends before it): so the program is attached and stopped at once. It does run for that moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from bccpilot.errors import HostCannot
from bccpilot.model import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bccpilot.generating.check import Checked

NAME = "bpftrace"
_LAST = 12  # lines of what the verifier said
_ATTACH_S = 60.0
_MOMENT_S = 0.05


@dataclass(frozen=True)
class Loaded:
    """`error` is None where the kernel took the program and it attached; else the last lines that bpftrace or the verifier said."""

    error: str | None = None
    attach_s: float | None = None


def command(checked: Checked, duration_s: float | None = None, verbose: bool = False) -> Command:
    """The command that runs a program. The text is an argument, not a file: nobody can change it between the check and the start. Raises
    HostCannot without bpftrace."""
    from bccpilot.host.facts import executable

    path = executable(NAME)
    if path is None:
        raise HostCannot("bpftrace is not installed", "a generated program is one of bpftrace's", "sudo apt-get install bpftrace")
    argv = (path, *(("-v",) if verbose else ()), "-e", checked.text)
    return Command(NAME, "bpftrace", argv, risk=checked.risk, risk_reasons=checked.reasons, duration_s=duration_s)


def load(checked: Checked) -> Loaded:
    """Let the kernel verify and attach the program, and end it at once. Asks for root as every run does."""
    from bccpilot.running.run import Limits, start

    with start(command(checked, verbose=True), Limits(duration_s=_MOMENT_S, attach_s=_ATTACH_S)) as tracing:
        lines = list(tracing)
    result = tracing.result
    if result.ended in ("time", "itself") and result.ready_s is not None and result.status == 0:
        return Loaded(None, result.ready_s)
    errors = [line.text for line in lines if line.stream == "err" and line.text.strip()]
    return Loaded("\n".join(errors[-_LAST:]) or "nothing was attached")
