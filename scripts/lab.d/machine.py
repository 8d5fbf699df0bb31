"""Boot the lab's system in qemu (software emulation), run one command there as an ordinary user, bring back what it printed and wrote."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import rootfs

HERE = Path(__file__).resolve().parent
TIME_IS_UP = 124
LOST = 125
NVME = "nvme.img"  # an empty disk, for requests that speak of one


@dataclass(frozen=True)
class Job:
    """What to run there. `user` is pilot, asked, plain or root; `load`: with a background load; `limit` seconds for the whole boot."""

    argv: tuple[str, ...]
    user: str
    load: bool
    limit: float
    cpus: int = 2


def run(project: Path, job: Job) -> tuple[int, Path]:
    """(exit status, directory of the results that the job left in /share/results). Output streams through as it comes."""
    system, packages = rootfs.system(), rootfs.packages(project)
    share = Path(tempfile.mkdtemp(prefix="bccpilot-lab-"))
    try:
        prepare(share, job)
        payload(share / "payload.img", packages, project)
        console = share / "console"
        with console.open("wb") as log:
            qemu = subprocess.Popen(command(system, share, job.cpus), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                finished = follow(qemu, share, job.limit)
            finally:
                qemu.kill()
                qemu.wait()
        return status(share, console, finished), keep(share)
    finally:
        shutil.rmtree(share, ignore_errors=True)


def prepare(share: Path, job: Job) -> None:
    """The shared directory: the job, the scripts that the machine starts with, places for what comes back."""
    share.chmod(0o755)
    (share / "results").mkdir()
    (share / "results").chmod(0o777)
    for name in ("stdout", "stderr"):
        (share / name).touch()
    with (share / NVME).open("wb") as disk:
        disk.truncate(16 << 20)
    for name in ("init", "load"):
        shutil.copy(HERE / name, share / name)
    (share / "job").write_text(f"user={job.user}\nload={int(job.load)}\ncommand={shlex.quote(shlex.join(job.argv))}\n")


def payload(disk: Path, packages: Path, project: Path) -> None:
    """The second disk: the project as it is now, for its tests, and bccpilot with its dependencies, as pip installs it."""
    with tempfile.TemporaryDirectory() as place:
        copy, site = Path(place) / "project", Path(place) / "site"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*cache*", "__pycache__", "*.egg-info"))
        shutil.copytree(packages / rootfs.SITE, site)
        offline = ("--no-deps", "--no-index", "--find-links", str(packages / rootfs.BUILDERS))
        rootfs.pip("install", *offline, "--upgrade", "--target", str(site), str(copy))
        rootfs.image(Path(place), disk, "1G")


def command(system: Path, share: Path, cpus: int) -> list[str]:
    """qemu's. `-snapshot`: every boot begins with the same disk."""
    append = "console=ttyS0 root=/dev/vda rw quiet init=/opt/boot panic=-1"
    return [
        "nice", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "4G", "-smp", str(cpus), "-nographic", "-no-reboot",
        "-nic", "none", "-kernel", str(system / "vmlinuz"), "-initrd", str(system / "initrd.img"), "-append", append,
        "-drive", f"file={system / 'disk.img'},format=raw,if=virtio", "-snapshot",
        "-drive", f"file={share / 'payload.img'},format=raw,if=virtio",
        "-drive", f"file={share / NVME},format=raw,if=none,id=nvme", "-device", "nvme,drive=nvme,serial=lab",
        "-virtfs", f"local,path={share},mount_tag=share,security_model=none",
    ]  # fmt: skip


def follow(qemu: subprocess.Popen[bytes], share: Path, limit: float) -> bool:
    """Copy the job's streams to ours until the machine is off; False when the time was up first."""
    streams = {share / "stdout": sys.stdout.buffer, share / "stderr": sys.stderr.buffer}
    offsets = dict.fromkeys(streams, 0)
    end = time.monotonic() + limit
    while True:
        running = qemu.poll() is None
        for path, stream in streams.items():
            offsets[path] += copy(path, offsets[path], stream)
        if not running:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.2)


def copy(path: Path, offset: int, stream: object) -> int:
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read()
    stream.write(data)  # type: ignore[attr-defined]
    stream.flush()  # type: ignore[attr-defined]
    return len(data)


def status(share: Path, console: Path, finished: bool) -> int:
    written = share / "status"
    if written.exists():
        return int(written.read_text())
    tail = console.read_bytes()[-2000:].decode(errors="replace")
    print(f"lab: {'the machine went down' if finished else 'the time was up'}; its console ends with:\n{tail}", file=sys.stderr)
    return LOST if finished else TIME_IS_UP


def keep(share: Path) -> Path:
    """The results, out of the directory that is about to be removed."""
    kept = Path(tempfile.mkdtemp(prefix="bccpilot-lab-results-"))
    for file in (share / "results").iterdir():
        if file.is_file():
            shutil.copy(file, kept / file.name)
    return kept
