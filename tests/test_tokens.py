"""The estimate is never less than what the tokenizer of the model family makes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bccpilot import tokens
from bccpilot.planning import schema
from manpages_index.store import Index

TEXTS = ["trace memory allocations", "跟踪内存分配并按调用栈显示", "ffff8881009cc000 d41d8cd98f00b204e9800998ecf8427e", "xqzjkvwq" * 20, "🧪🧬" * 20, "\x1b[2J\x00" * 9, "1234567890" * 20, "a b c d e"]


@pytest.fixture(scope="module")
def encoding() -> Any:
    return pytest.importorskip("bpe_openai").encoding_for_model("gpt-4o")


@pytest.mark.parametrize("text", TEXTS)
def test_texts_from_elsewhere(encoding: Any, text: str) -> None:
    assert len(encoding.encode(text)) <= tokens.theirs(text)


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_any_text(text: str) -> None:
    encoding = pytest.importorskip("bpe_openai").encoding_for_model("gpt-4o")
    assert len(encoding.encode(text)) <= tokens.theirs(text)


def test_our_own_functions(encoding: Any, index: Index) -> None:
    for tool in index.tools:
        for length in (90, 40, 0):
            text = json.dumps(schema.function(tool, length), ensure_ascii=False)
            assert len(encoding.encode(text)) <= tokens.ours(text), tool.name


def test_a_cut_text_keeps_its_ends() -> None:
    assert tokens.cut("short", 100) == "short"
    cut = tokens.cut("begin " + "x" * 1000 + " end", 100)
    assert cut.startswith("begin x")
    assert " ... " in cut
    assert cut.endswith(" end")
    assert tokens.theirs(cut) <= 100
