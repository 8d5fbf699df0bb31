"""GPTtrace's ten examples without a model, in English and Chinese, on the real kernel: what a child of the test did is what is counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import psutil
import pytest

from bccpilot.cli import main
from bccpilot.generating import load
from bccpilot.generating.check import check
from bccpilot.generating.compose import compose
from bccpilot.host import Host, read_host
from bccpilot.model import Record
from bccpilot.request.understand import understand
from bench.generate.observe import Observed, observe
from bench.generate.workload import child
from manpages_index.store import Index
from tests.generating.hostile import HARMLESS
from tests.kernel import NEEDS_EBPF

pytestmark = NEEDS_EBPF


@pytest.fixture(scope="module")
def host() -> Host:
    return read_host()


class Bench:
    """Composes a request, lets a child work under it. In a request, CGROUP and PID stand for the child's."""

    def __init__(self, index: Index, host: Host, directory: Path) -> None:
        self._index, self._host, self._directory = index, host, directory
        self.comm, self.pid = "", 0

    def see(self, request: str, work: str, setup: str = "", after_s: float = 0.0) -> Observed:
        with child(self._directory, work, setup) as begun:
            self.comm, self.pid = begun.comm, begun.pid
            program = compose(understand(request.replace("PID 189", f"PID {begun.pid}"), self._index.search), self._host)
            if program.cannot_run is not None:
                pytest.skip(program.cannot_run)
            return observe(program.text, self._host, begun.work, next(iter(program.units.values()), None), after_s)

    def value(self, seen: Observed, key: str | None = None) -> object:
        """The one value of the child's key."""
        wanted = key or self.comm
        found = [record.fields["value"] for record in seen.records if record.kind == "value" and record.key == wanted]
        assert len(found) == 1, seen.records[-20:]
        return found[0]

    def events(self, seen: Observed) -> list[Record]:
        return [record for record in seen.records if record.kind == "event" and record.fields.get("comm") == self.comm]


@pytest.fixture
def bench(index: Index, host: Host, tmp_path: Path) -> Bench:
    return Bench(index, host, tmp_path)


OPENS = "for n in range(500): os.close(os.open('marked', os.O_RDONLY | os.O_CREAT))"
READS = "for n in range(300): os.pread(fd, 1, 0); os.lseek(fd, 0, 0); os.read(fd, 700)"
ZEROES = "fd = os.open('data', os.O_RDWR | os.O_CREAT); os.write(fd, bytes(700))"


@pytest.mark.parametrize("request_text", ["files opened by process", "按进程显示打开的文件"])
def test_files_opened_by_process(bench: Bench, request_text: str) -> None:
    seen = bench.see(request_text, OPENS)
    assert [event.fields for event in bench.events(seen)] == [{"comm": bench.comm, "pid": bench.pid, "path": "marked"}] * 500


@pytest.mark.parametrize("request_text", ["syscall count by program", "按程序统计系统调用次数"])
def test_system_calls_by_program(bench: Bench, request_text: str) -> None:
    seen = bench.see(request_text, "for n in range(1000): os.getppid()")
    assert 1000 <= int(str(bench.value(seen))) <= 1010


@pytest.mark.parametrize("request_text", ["read bytes by process", "bytes read by process", "按进程统计读取的字节数"])
def test_bytes_read_by_process(bench: Bench, request_text: str) -> None:
    assert bench.value(bench.see(request_text, READS, ZEROES)) == 300 * 700


@pytest.mark.parametrize("request_text", ["read size distribution by process", "按进程统计读取大小的分布"])
def test_read_size_distribution_by_process(bench: Bench, request_text: str) -> None:
    seen = bench.see(request_text, READS, ZEROES)
    buckets = [r.fields for r in seen.records if r.kind == "bucket" and r.key == f"@bytes[{bench.comm}]"]
    assert buckets == [{"low": 512, "high": 1023, "count": 300, "unit": "B"}]


@pytest.mark.parametrize("request_text", ["show per-second syscall rates", "每秒系统调用速率"])
def test_syscall_rates_per_second(bench: Bench, request_text: str) -> None:
    seen = bench.see(request_text, "for n in range(200_000): os.getppid()", after_s=2.2)
    rates = [int(str(record.fields["value"])) for record in seen.records if record.kind == "value"]
    assert len(rates) >= 2
    assert sum(rates) >= 200_000


@pytest.mark.parametrize("request_text", ["trace disk size by process", "按进程跟踪磁盘IO大小"])
def test_disk_size_by_process(bench: Bench, request_text: str) -> None:
    """What reaches the disk from here is written by whoever flushes it: the size is what is checked."""
    work = "fd = os.open('data', os.O_RDWR | os.O_CREAT)\nfor n in range(20): os.pwrite(fd, os.urandom(8192), n * 8192); os.fsync(fd)"
    seen = bench.see(request_text, work, after_s=0.5)
    events = [record.fields for record in seen.records if record.kind == "event"]
    if not events:
        pytest.skip("this directory's file system has no disk below it")
    assert all(isinstance(event["size"], int) and event["size"] % 512 == 0 for event in events)
    assert sum(int(str(event["size"])) for event in events if "W" in str(event["operation"])) >= 20 * 8192


@pytest.mark.parametrize("request_text", ["count page faults by process", "按进程统计缺页次数"])
def test_page_faults_by_process(bench: Bench, request_text: str) -> None:
    work = "area = mmap.mmap(-1, 400 * 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS); libc.madvise\nfor n in range(400): area[n * 4096] = 1"
    setup = "mmap.mmap(-1, 4096)[0] = 1"
    seen = bench.see(request_text, work, setup)
    assert 20 <= int(str(bench.value(seen))) <= 440  # a huge page takes many at once


@pytest.mark.parametrize("request_text", ["count LLC cache misses by process name and PID", "按进程名和PID统计LLC缓存未命中"])
def test_cache_misses_by_process(bench: Bench, request_text: str) -> None:
    seen = bench.see(request_text, "area = bytearray(1 << 28)\nfor n in range(0, 1 << 28, 64): area[n] = 1")
    assert int(str(bench.value(seen, f"{bench.comm}, {bench.pid}"))) > 0


@pytest.mark.parametrize("request_text", ["profile user-level stacks at 99 Hertz, for PID 189", "以99赫兹采样PID 189的用户态堆栈"])
def test_user_stacks_of_a_process(bench: Bench, request_text: str) -> None:
    seen = bench.see(request_text, "until = time.process_time() + 1.0\nwhile time.process_time() < until: pass")
    samples = sum(int(str(record.fields["value"])) for record in seen.records if record.kind == "stack")
    assert 80 <= samples <= 120


@pytest.mark.parametrize("request_text", [
    "files opened, for processes in the cgroup {cgroup}", "跟踪cgroup {cgroup}中的进程打开的文件",
])  # fmt: skip
def test_files_opened_in_a_cgroup(bench: Bench, request_text: str) -> None:
    root = next((line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines() if line.split()[2] == "cgroup2"), None)
    if root is None:
        pytest.skip("there is no cgroup2 here")
    cgroup = Path(root) / f"bccpilot-test-{os.getpid()}"
    cgroup.mkdir()
    try:
        setup = f"open('{cgroup}/cgroup.procs', 'w').write(str(os.getpid()))"
        outside = subprocess.Popen(["/bin/sh", "-c", "while :; do : </dev/null; sleep 0.02; done"])
        try:
            seen = bench.see(request_text.format(cgroup=cgroup), OPENS, setup)
        finally:
            outside.kill()
            outside.wait()
    finally:
        cgroup.rmdir()
    events = [record.fields for record in seen.records if record.kind == "event"]
    assert events == [{"comm": bench.comm, "pid": bench.pid, "path": "marked"}] * 500


@pytest.mark.parametrize("text", HARMLESS)
def test_our_tree_is_bpftraces(text: str) -> None:
    """bpftrace's own parser finds the same calls, maps and probes in what would run, in the same order. Where this kernel or this
    bpftrace can't take the program at all, there is nothing to compare."""
    checked = check(text)
    assert checked.tree is not None
    dumped = subprocess.run(["/usr/bin/bpftrace", "-d", "-e", checked.text], capture_output=True, text=True, timeout=60, check=False)
    head, found, tree = dumped.stdout.partition("AST after: parser")
    if not found:
        assert "syntax error" not in dumped.stderr
        pytest.skip(dumped.stderr.strip().splitlines()[-1])
    tree = tree.partition("AST after: Semantic")[0]
    theirs = re.findall(r"^ *(?:call: (\w+)|map: (@\w*)|variable: (\$\w+))", tree, re.MULTILINE)
    unseen = {"nsecs"}
    ours = [node.text for node in checked.tree.all("call", "map", "variable") if node.text not in unseen]
    assert sorted("".join(names) for names in theirs) == sorted(ours)


def test_the_kernel_refuses_and_says_why(host: Host) -> None:
    """A program that is well written and that the kernel can't attach."""
    checked = check("tracepoint:syscalls:sys_enter_nosuchcall { @ = count(); }")
    assert checked.ok
    loaded = load.load(checked)
    assert loaded.error is not None
    assert "nosuchcall" in loaded.error


def test_the_load_of_a_good_program_ends_at_once() -> None:
    loaded = load.load(check("tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"))
    assert loaded.error is None
    assert loaded.attach_s is not None
    assert loaded.attach_s < 30


def test_the_whole_command(capsys: pytest.CaptureFixture[str], index_path: str) -> None:
    assert main(["generate", "--index", index_path, "-d", "1", "syscalls by process"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("tracepoint:raw_syscalls:sys_enter\n{\n    @syscall[comm] = count();\n}\n")
    assert "traced for 1 s: syscall: counted by comm" in out


def test_a_saved_program_runs(capsys: pytest.CaptureFixture[str], index_path: str, tmp_path: Path) -> None:
    file = tmp_path / "calls.bt"
    assert main(["generate", "--index", index_path, "-o", str(file), "系统调用次数"]) == 0
    assert os.access(file, os.X_OK)
    capsys.readouterr()
    assert main(["generate", "--json", "-d", "1", "--run", str(file)]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    values = [record["fields"] for record in records if record["kind"] == "value"]
    assert len(values) == 1
    assert values[0]["map"] == "@syscall"
    assert values[0]["value"] > 0


def test_nothing_is_left_running(index_path: str) -> None:
    assert main(["generate", "--index", index_path, "-d", "1", "--no-explain", "count fsync calls by process"]) == 0
    left = psutil.Process().children(recursive=True)
    assert [child.cmdline() for child in left if "sys_enter_fsync" in " ".join(child.cmdline())] == []
