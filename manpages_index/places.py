"""Directories of the user's: the index, the runs, the settings."""

from __future__ import annotations

import os


def make(directory: str) -> None:
    """Make a directory and what is missing above it, for the user alone. Raises OSError where the home isn't there: that is never made."""
    home = os.path.expanduser("~")
    if directory.startswith(f"{home}/") and not os.path.isdir(home):
        raise FileNotFoundError(2, "the home directory isn't there", home)
    os.makedirs(directory, mode=0o700, exist_ok=True)
