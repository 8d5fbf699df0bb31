"""The first line that a command of the user's own settings prints: `pass show openai`. No shell, and as the user, never as root's sudo."""

from __future__ import annotations

import shlex
import subprocess

from bccpilot.errors import ModelUnreachable


def printed(command: str, timeout_s: float) -> str:
    """The first line of its standard output. It may ask on the terminal. Raises ModelUnreachable, without what it printed."""
    try:
        argv = shlex.split(command)
        ended = subprocess.run(argv, stdout=subprocess.PIPE, timeout=timeout_s, check=True)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        why = f"exit status {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else type(error).__name__
        next = "try it in a terminal; bccpilot config key_command sets it"
        raise ModelUnreachable(f"the key command {command!r} failed", why, next) from None
    lines = ended.stdout.decode("utf-8", "replace").splitlines()
    return lines[0].strip() if lines else ""
