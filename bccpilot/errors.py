"""Every error that a person can meet, and its exit status.

    PilotError
     ├─ UsageError           2    the command line is wrong
     ├─ NoToolFits           3    no installed tool serves the request
     ├─ Rejected             4    arguments or policy refuse the command
     ├─ HostCannot           5    this machine can't run it: no tools, no root, no kernel feature
     │   └─ NotPermitted     5    neither root nor a way to become root
     ├─ ToolFailed           6    the tool started and failed
     ├─ ModelUnreachable     7    the model was insisted on and can't be had
     └─ Interrupted        130    Ctrl-C before anything was traced

An error says what happened (`what`), why on this host (`why`) and what to do next (`next`). Only `cli.main` prints errors.
"""

from __future__ import annotations

EXIT_DONE = 0


class PilotError(Exception):
    """Base of all; `status` is the process's exit status."""

    status = 1

    def __init__(self, what: str, why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.next = what, why, next

    def as_json(self) -> dict[str, object]:
        return {"error": type(self).__name__, "what": self.what, "why": self.why, "next": self.next, "status": self.status}


class UsageError(PilotError):
    status = 2


class NoToolFits(PilotError):
    status = 3


class Rejected(PilotError):
    status = 4


class HostCannot(PilotError):
    status = 5


class NotPermitted(HostCannot):
    pass


class ToolFailed(PilotError):
    status = 6


class ModelUnreachable(PilotError):
    status = 7


class Interrupted(PilotError):
    status = 130
