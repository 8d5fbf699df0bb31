"""Both languages say the same, and every rule has its sentence."""

from __future__ import annotations

import re
import string

import pytest

from bccpilot.explaining.rules import rules
from bccpilot.explaining.sentences import Words, short, texts
from tests.explaining.making import FILES


def flat(language: str) -> dict[str, object]:
    """Every text by its path."""
    found: dict[str, object] = {}
    for section, entries in texts(language).items():
        for name, text in entries.items():
            if isinstance(text, dict):
                found.update({f"{section}.{name}.{key}": value for key, value in text.items()})
            else:
                found[f"{section}.{name}"] = text
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts() -> None:
    assert flat("en").keys() == flat("zh").keys()


def test_the_chinese_sentences_need_nothing_that_the_english_ones_lack() -> None:
    english, chinese = flat("en"), flat("zh")
    differing = {
        name: (english[name], text)
        for name, text in chinese.items()
        if isinstance(text, str) and not name.startswith("say.") and placeholders(text) != placeholders(str(english[name]))
    }
    assert differing == {}
    assert {name for name, text in chinese.items() if isinstance(text, str) and placeholders(text) - placeholders(str(english[name]))} == set()


def test_both_languages_lead_on_with_the_same_number_of_requests() -> None:
    english, chinese = texts("en")["next"], texts("zh")["next"]
    assert {tool: len(requests) for tool, requests in english.items()} == {tool: len(requests) for tool, requests in chinese.items()}
    assert all(0 < len(requests) <= 3 for requests in english.values())


def test_every_tool_that_is_named_is_a_tool() -> None:
    named = {*texts("en")["tools"], *texts("en")["next"], *(tool for rule in rules() for tool in rule.tools)}
    assert named - FILES.keys() == set()


def test_every_rule_has_a_sentence_and_every_sentence_a_rule() -> None:
    assert [rule.name for rule in rules()] == sorted({rule.name for rule in rules()}, key=[rule.name for rule in rules()].index)
    for language in ("en", "zh"):
        assert {rule.name for rule in rules()} == set(texts(language)["rules"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("nginx", "nginx", id="plain"),
        pytest.param("\x1b]0;owned\x07", "\\x1b]0;owned\\x07", id="escape"),
        pytest.param("a\nNotable\n  ! all is well", "a\\nNotable\\n  ! all is well", id="lines"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="bidi"),
        pytest.param("", "''", id="empty"),
        pytest.param("x" * 100, "x" * 30 + "…" + "x" * 30, id="long"),
    ],
)
def test_names_are_safe_and_short(name: str, text: str) -> None:
    assert short(name) == text


@pytest.mark.parametrize(
    ("field", "english", "chinese"),
    [
        pytest.param("comm", "process", "进程", id="name"),
        pytest.param("latency_us", "latency", "延迟", id="unit"),
        pytest.param("hit_percent", "hit ratio", "命中率", id="whole name first"),
        pytest.param("queue_depth", "queue depth", "queue depth", id="unknown"),
    ],
)
def test_fields_in_words(field: str, english: str, chinese: str) -> None:
    assert (Words("en", "x").field(field), Words("zh", "x").field(field)) == (english, chinese)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        pytest.param("disk = 'vda'", "vda", id="disk"),
        pytest.param("Bucket ptr = b'sda'", "sda", id="bytes"),
        pytest.param("pid = 42", "pid = 42", id="a number needs its name"),
        pytest.param("t:syscalls:sys_enter_openat():int:args->flags = 1", "t:syscalls:sys_enter_openat():int:args->flags = 1", id="a probe"),
    ],
)
def test_keys(key: str, shown: str) -> None:
    assert Words.key(key) == shown


def test_rules_name_their_source() -> None:
    """A comment stands before each rule, or before the one that it goes with."""
    from pathlib import Path

    text = (Path(__file__).parents[2] / "bccpilot" / "explaining" / "rules.toml").read_text()
    blocks = text.split("\n\n")[1:]
    alone = [re.search(r'name = "(\w+)"', block)[1] for block in blocks if "[[rule]]" in block and not block.lstrip().startswith("#")]  # type: ignore[index]
    together = {"cpu_saturated_half", "cpu_tail", "cpu_wait_long", "page_cache_hits", "kernel_drops", "permission", "disk_slow", "thread_churn", "compaction", "sync_calls"}
    assert set(alone) <= together
