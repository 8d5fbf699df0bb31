from __future__ import annotations

import pytest

from manpages_index import lexicon, words


@pytest.mark.parametrize(
    ("forms", "stem"),
    [
        (("fail", "fails", "failed", "failing"), "fail"),
        (("allocate", "allocates", "allocated", "allocating"), "allocat"),
        (("query", "queries"), "query"),
        (("drop", "drops", "dropped", "dropping"), "drop"),
        (("process",), "process"),
        (("stats",), "stats"),
        (("tcp_v4_connect",), "tcp_v4_connect"),
    ],
)
def test_endings_do_not_matter(forms: tuple[str, ...], stem: str) -> None:
    assert {words.stem(form) for form in forms} == {stem}


def test_tokens_keep_names_whole() -> None:
    assert words.tokens("open /etc/nginx.conf, vfs_* and sched:sched_switch") == ["open", "/etc/nginx.conf", "vfs_*", "and", "sched:sched_switch"]
    assert words.tokens("追踪 nginx 的文件") == ["追踪", "nginx", "的文件"]


def test_fold_makes_wide_letters_plain() -> None:
    assert words.fold("ＰＩＤ １２３ Open") == "pid 123 open"


def test_the_longest_phrase_wins_and_is_used_once() -> None:
    table = lexicon.compile_phrases([("cache", ["page cache"]), ("page", ["page"]), ("fault", ["page faults"]), ("zh", ["页缓存"]), ("disk", ["按PID"])])
    assert lexicon.match(table, "page cache and page faults") == {"cache": "pag cach", "fault": "pag fault"}
    assert lexicon.match(table, "按pid看页缓存") == {"disk": "按pid", "zh": "页缓存"}


def test_no_phrase_reaches_across_a_comma() -> None:
    table = lexicon.compile_phrases([("session", ["connections live"]), ("live", ["live"]), ("zh", ["连接状态"])])
    assert lexicon.match(table, "how long connections live") == {"session": "connection liv"}
    assert lexicon.match(table, "throughput by connection, live") == {"live": "liv"}
    assert lexicon.match(table, "新的连接，状态怎样") == {}


def test_a_kernel_thread_of_a_cpu_is_known_by_its_name() -> None:
    assert words.stems("ksoftirqd/0 and read/write, /dev/sda") == ["ksoftirqd", "0", "and", "read", "writ", "/dev/sda"]
