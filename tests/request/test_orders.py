from __future__ import annotations

import pytest

from bccpilot.request import orders
from manpages_index.store import Index

PROGRAMS = frozenset(("nginx", "postgres"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("restart nginx", {"!change": "restart"}),
        ("could you please kill whichever process has the most files open", {"!change": "kill"}),
        ("would you mind restarting the service", {"!change": "restart"}),
        ("drop every packet coming from 198.51.100.23", {"!change": "drop"}),
        ("give postgres 8 gb of shared_buffers", {"!change": "giv _program"}),
        ("the disk is full, delete the old logs", {"!change": "delet"}),
        ("how do i resize /dev/sda3", {"!change": "resiz"}),
        ("make the mysql buffer pool bigger", {"!change": "make"}),
        ("给 mysql 分配更多内存", {"!change": "分配"}),
        ("把 pid 3321 干掉,然后重启下 nginx", {"!change": "干掉"}),
        ("somaxconn 调到 65535", {"!change": "调到"}),
        ("/var/log 下面 7 天以前的日志帮我清一下", {"!change": "清一下"}),
        ("关掉透明大页", {"!change": "关掉"}),
        ("bounce nginx whenever it eats more than 2 gb", {"!change": "bounc"}),
        ("once the queue holds 1000 messages start another consumer", {"!change": "start"}),
        ("if redis dies again restart it", {"!change": "restart"}),
        ("rate-limit 10.0.0.1", {"!change": "rat limit"}),
        ("nginx 内存一超过 2g 就自动重启它", {"!change": "重启"}),
        ("一旦磁盘满了就清理掉旧日志", {"!change": "清理"}),
        ("别让 java 用超过四个核", {"!change": "别让"}),
        ("the php pool should have 50 children", {"!change": "should have"}),
        ("nginx needs to be restarted", {"!change": "restart"}),
        ("could the database be moved to the faster disk", {"!change": "mov"}),
        ("get the heap up to 8g", {"!change": "get"}),
        ("give bob sudo", {"!change": "give"}),
        ("old kernels have to go", {"!change": "have to go"}),
        ("sudo systemctl reload haproxy", {"!change": "systemctl reload"}),
        ("the box needs more swap", {"!change": "needs"}),
        ("remount the disk", {"!change": "mount the"}),
        ("drop the caches so my benchmark is fair", {"!change": "drop"}),
        ("把 guest 用户踢下去", {"!change": "踢下去"}),
        ("nginx 只许监听本地", {"!change": "只许监听"}),
        ("把那个进程 kill -9 掉", {"!change": "kill-9掉"}),
        ("内存超过 2g 的进程全部干掉", {"!change": "干掉"}),
        ("add an index on the orders table", {"!change": "add an index"}),
        ("加 4g 交换分区", {"!change": "加"}),
    ],
)
def test_orders_are_found(index: Index, text: str, expected: dict[str, str]) -> None:
    assert orders.find(text, PROGRAMS, index.search) == expected


@pytest.mark.parametrize(
    "text",
    [
        "updates of mysql that take more than a second",
        "drop rate per reason",
        "kill signals with their sender",
        "blocked time with the waker's stack",
        "block i/o latency per disk",
        "docker pull hangs for minutes",
        "syscalls by process, update every 5 seconds",
        "add timestamps to every connect",
        "limit the output to the top 5",
        "stop the world pauses",
        "set a 1 ms threshold",
        "bind: permission denied",
        "重启 nginx 的时候它都打开了哪些文件",
        "谁把我的进程杀掉了",
        "备份把缓存冲了",
        "把每个进程打开的文件都打印出来",
        "把采样频率调到 199 赫兹",
        "删除文件最多的进程",
        "启动很慢",
        "进程被 oom 干掉了",
        "rename-heavy workload",
        "umount and mount calls inside the container",
        "set up of tcp connections that takes longer than 100 ms",
        "copy-on-write faults",
        "i want to know when pid 3141 ends. put the label batch on the line",
        "show the opens of nginx, add the thread",
        "ssh to this host takes 10 seconds until the password prompt",
        "whenever a process opens a file tell me",
        "只要有人调 sync 就告诉我",
        "逐条打印读、写、打开",
        "the service has to be restarted because of its memory",
        "which process needs to be restarted",
        "the result should be sorted by size",
        "unlink and rename calls",
        "postgres queries that need more than a second",
        "hard irqs as histograms, one second each",
        "rsync to the other site collapses",
        "systemctl start 之后要等很久",
        "这个文件删了又回来",
        "要 csv，我后面丢进 pandas",
    ],
)
def test_what_only_looks_like_an_order(index: Index, text: str) -> None:
    assert orders.find(text, PROGRAMS, index.search) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("which process changes the crontab", True),
        ("who deletes the lock file", True),
        ("哪个进程在改 /etc/passwd", True),
        ("who is logged in", False),
        ("which directory is the biggest", False),
    ],
)
def test_who_does_something(text: str, expected: bool) -> None:
    assert orders.asks_who(text) == expected


@pytest.mark.parametrize(
    ("text", "signs", "expected"),
    [
        ("who edits the crontab", {"!change": "crontab"}, ("!change",)),
        ("dns lookups of the slack bot", {"!elsewhere": "slack"}, ("!elsewhere",)),
        ("post it to slack", {"!elsewhere": "slack"}, ()),
        ("updated yesterday and now it fails", {"!past": "yesterday"}, ("!past",)),
        ("what was the load yesterday", {"!past": "yesterday"}, ()),
        ("failed opens of auth.log", {"!files": "auth.log"}, ("!files",)),
        ("errors of today in auth.log", {"!files": "auth.log"}, ()),
        ("logging in over ssh takes forever", {"!elsewhere": "over ssh"}, ("!elsewhere",)),
        ("check the disk over ssh", {"!elsewhere": "over ssh"}, ()),
        ("does prometheus leak memory", {"!elsewhere": "prometheu"}, ("!elsewhere",)),
        ("resets by the android clients", {"!elsewhere": "android"}, ("!elsewhere",)),
        ("writes are slow after yesterday's upgrade", {"!past": "yesterday"}, ("!past",)),
        ("who connects over ssh from now on", {"!elsewhere": "over ssh"}, ("!elsewhere",)),
        ("the alert rules of prometheus", {"!elsewhere": "prometheu"}, ()),
    ],
)
def test_signs_that_say_nothing(index: Index, text: str, signs: dict[str, str], expected: tuple[str, ...]) -> None:
    assert orders.harmless(text, signs, index.search) == expected
