"""What nobody foresaw: the traceback goes to a file, a sentence to the person."""

from __future__ import annotations

import os
import time
import traceback

from bccpilot.errors import PilotError
from manpages_index import places


def reported(error: BaseException) -> PilotError:
    """The error as a person should meet it; the traceback is in the file that it names."""
    text = "".join(traceback.format_exception(error))
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    path = os.path.join(base, "bccpilot", "crash.log")
    try:
        places.make(os.path.dirname(path))
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "a", encoding="utf-8") as file:
            file.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')}\n{text}")
    except OSError:
        return PilotError(f"a fault in bccpilot itself: {error!r}", text.strip().splitlines()[-3].strip())
    return PilotError(f"a fault in bccpilot itself: {error!r}", f"the traceback is in {path}", "please report it")
