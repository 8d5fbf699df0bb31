"""How the process ends, whatever becomes of its output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PILOT = str(PROJECT / "bin/bccpilot")
NO_ROOM = """\
bccpilot: the output can't be written: No space left on device
  next: df -h shows which disk is full; bccpilot runs lists what was traced until then
"""
ENDING = """
import atexit, sys
sys.path.insert(0, sys.argv[1])
from bccpilot import cli

def work():
    atexit.register(print, "a library's own last word")
    print("the work is done")
    sys.stderr.write("half a line")
    return 3

cli.ending(work)
"""


NO_ROOM_AS_JSON = {
    "error": "HostCannot",
    "what": "the output can't be written: No space left on device",
    "why": "",
    "next": "df -h shows which disk is full; bccpilot runs lists what was traced until then",
    "status": 5,
}


@pytest.mark.parametrize("arguments", [("-n", "which files is nginx opening"), ("tools",), ("show", "opensnoop")])
def test_a_full_disk_is_said_and_is_no_fault_of_ours(arguments: tuple[str, ...], index_path: str) -> None:
    ended = on_a_full_disk(*arguments, "--index", index_path)
    assert (ended.returncode, ended.stderr) == (5, NO_ROOM)


def test_a_full_disk_is_said_to_programs(index_path: str) -> None:
    ended = on_a_full_disk("-n", "--json", "new processes", "--index", index_path)
    assert (ended.returncode, json.loads(ended.stderr)) == (5, NO_ROOM_AS_JSON)


def on_a_full_disk(*arguments: str) -> subprocess.CompletedProcess[str]:
    with open("/dev/full", "w") as full:
        return subprocess.run([PILOT, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("arguments", [("-n", "which files is nginx opening"), ("tools",)])
def test_a_reader_that_has_gone_is_no_error(arguments: tuple[str, ...], index_path: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run([PILOT, *arguments, "--index", index_path], stdout=writing, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_output_that_was_closed_before_is_no_error(index_path: str) -> None:
    command = 'exec "$0" -n --index "$1" "which files is nginx opening" >&-'
    ended = subprocess.run(["sh", "-c", command, PILOT, index_path], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_what_others_do_at_the_end_is_done_before_ours() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDING, str(PROJECT)], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "the work is done\na library's own last word\n", "half a line")
