from __future__ import annotations

import pytest

from manpages_index import served
from manpages_index.store import Index


def test_features_are_words_pairs_and_kinds_of_values() -> None:
    assert served.features("who reads /etc/passwd on 10.0.0.7, 3 次") == {
        "who", "read", "_path", "on", "_address", "_number", "次",
        "^ who", "who read", "read _path", "_path on", "on _address", "_address _number", "_number 次", "次 $",
    }  # fmt: skip
    assert served.features("") == frozenset()


def test_what_only_one_side_says_weighs_and_what_both_say_does_not() -> None:
    odds = served.learn(["dump opens", "dump reads"], ["restart it", "dump it back"])
    assert {key: weight > 0 for key, weight in odds.items()} == {
        "?^ restart": True, "?back": True, "?back $": True, "?it": True, "?it $": True, "?it back": True, "?restart": True, "?restart it": True,
        "?dump it": True, "?dump": False, "?^ dump": False, "?open": False, "?open $": False, "?read": False, "?read $": False,
        "?dump open": False, "?dump read": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "asked"),
    [
        ("what did the kernel log last tuesday", "what does the kernel log"),
        ("please write me a poem about the page cache", "hit ratio of the page cache"),
        ("帮我把 nginx 的配置改一下", "nginx 读了哪些配置文件"),
    ],
)
def test_what_is_refused_is_worded_unlike_what_is_asked(index: Index, refused: str, asked: str) -> None:
    assert served.against(index.search["odds"], refused) > 0 > served.against(index.search["odds"], asked)
