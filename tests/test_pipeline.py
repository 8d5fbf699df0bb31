from __future__ import annotations

import os
from pathlib import Path

import pytest

from bccpilot import pipeline
from bccpilot.errors import UsageError


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
