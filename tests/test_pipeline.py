from __future__ import annotations

import os
from pathlib import Path

import pytest

from bccpilot import pipeline
from bccpilot.errors import UsageError
from bccpilot.host import Headers, Host
from bccpilot.host.symbols import Symbols
from bccpilot.planning.wanted import Wanted
from manpages_index.store import Index


@pytest.fixture
def own() -> Path:
    """The user's directory of knowledge files."""
    directory = Path(os.environ["XDG_CONFIG_HOME"], "bccpilot", "knowledge")
    (directory / "lexicon").mkdir(parents=True)
    return directory


def test_a_knowledge_file_of_the_users_that_is_not_toml_is_named(own: Path) -> None:
    (own / "mine.toml").write_text("about = [\n")
    with pytest.raises(UsageError) as raised:
        pipeline.open_index()
    assert (raised.value.what, raised.value.next) == (
        "your own knowledge files can't be used",
        f"mend it, or move {own} away; manpages_index/knowledge/README.md says what such files hold",
    )
    assert raised.value.why.startswith(f"{own}/mine.toml: ")


def test_a_complaint_that_lacks_something_is_told(own: Path) -> None:
    file = own / "lexicon" / "complaints.toml"
    file.write_text('[[complaint]]\nsigns = ["slow"]\n')
    with pytest.raises(UsageError) as raised:
        pipeline.open_index()
    assert raised.value.why == f"{file}: a complaint needs `signs`, `tools` and `why`, and this has only signs"


def test_a_pattern_leaves_out_what_no_probe_reaches(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ["vfs_read", "vfs_set_acl_prepare_kgid", "vfs_write"]
    host = Host(kprobes=True, headers=Headers("/build"), symbols=Symbols(known), traceable=Symbols(["vfs_read", "vfs_write"]))
    monkeypatch.setattr(pipeline, "_host", lambda: host)
    text = "tally calls to each vfs_ kernel function, quit by itself after 20 seconds"
    found, command = pipeline.plan(text, index, Wanted(flavour="bcc"))
    assert (found.tool, found.args) == ("funccount", ("-r", "-d", "20", "^vfs_(?!(set_acl_prepare_kgid)$).*$"))
    assert "left out, since no kprobe can reach them and the tool gives up at what it can't attach to: vfs_set_acl_prepare_kgid" in found.warnings
    assert command is not None
    assert command.values["pattern"] == found.args[-1]
    without, _ = pipeline.plan(text, index, Wanted(flavour="bcc"), look_ahead=False)
    assert without.args == ("-d", "20", "vfs_*")
