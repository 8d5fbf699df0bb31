"""Build the lab's system: debootstrap, a virtual environment with bccpilot's dependencies, a disk image. Kept by content."""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SUITE = "bookworm"
HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "packages.txt"
SETUP = HERE / "setup"
DISK_SIZE = "5G"
BUILDERS = "builders"  # what builds bccpilot's package at every boot, without a network


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bccpilot" / "lab"


def dependencies(project: Path) -> list[str]:
    """What bccpilot needs from PyPI, as setup.cfg has it, and what runs its tests."""
    config = configparser.ConfigParser()
    config.read(project / "setup.cfg")
    return [*config["options"]["install_requires"].split(), "pytest", "hypothesis"]


def content_key(project: Path) -> str:
    """A new key whenever anything that the image is made of changes."""
    parts = [SUITE, DISK_SIZE, PACKAGES.read_text(), SETUP.read_text(), *dependencies(project)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def built(project: Path) -> Path:
    """The directory that holds vmlinuz, initrd.img and disk.img; built first where it isn't there (2 to 4 minutes, root, network)."""
    final = cache() / content_key(project)
    if final.exists():
        return final
    if os.geteuid() != 0:
        sys.exit("the lab's system is built by debootstrap, which needs root: run `sudo scripts/lab build` once")
    final.parent.mkdir(parents=True, exist_ok=True)
    with (final.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another build may have been under way
        if not final.exists():
            work = final.with_suffix(".part")
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            build(work, project)
            work.rename(final)
    return final


def build(work: Path, project: Path) -> None:
    root = work / "rootfs"
    debs = cache() / "debs"
    debs.mkdir(exist_ok=True)
    include = ",".join(PACKAGES.read_text().split())
    run("debootstrap", "--variant=minbase", f"--cache-dir={debs}", f"--include={include}", SUITE, str(root))
    wheels = root / "opt" / "wheels"
    download(wheels, *dependencies(project))
    download(work / BUILDERS, "setuptools", "wheel")
    shutil.copy(SETUP, root / "opt" / "setup")
    run("chroot", str(root), "/bin/sh", "/opt/setup")
    shutil.rmtree(wheels)
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(next((root / "boot").glob(f"{name}-*")), work / name)
    run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(work / "disk.img"), DISK_SIZE)
    shutil.rmtree(root)


def download(directory: Path, *packages: str) -> None:
    run(sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(directory), *packages)


def run(*argv: str) -> None:
    print("lab:", " ".join(argv)[:120], file=sys.stderr, flush=True)
    subprocess.run(argv, check=True, stdout=sys.stderr, env={**os.environ, "LC_ALL": "C"})
