"""Tests for the lab's machine (scripts/lab test); elsewhere they are skipped, because they expect a stock Debian 12 and start real tracers."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def own_cache(pinned, monkeypatch):
    """The user's own index and function list: making them anew for each test takes a minute under emulation."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path.home() / ".cache"))


def pytest_collection_modifyitems(items):
    inside = platform.node() == "lab" and Path("/share/init").exists()
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.lab)
            if not inside:
                item.add_marker(pytest.mark.skip(reason="this isn't the lab's machine: scripts/lab test"))
