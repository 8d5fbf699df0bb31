"""Build the lab's system and what bccpilot needs in it. Both are kept by content under the cache directory; once there, no network is needed.

The system is debootstrap's, as an ext4 image made without loop devices. The Python packages are apart from it, because they change more often.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SUITE, PYTHON = "bookworm", "3.11"
HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "packages.txt"
SETUP = HERE / "setup"
DISK_SIZE = "5G"
PATIENCE_S = 600  # for one step; debootstrap takes two minutes
BUILDERS = "builders"  # what makes bccpilot's own package at every boot
SITE = "site"


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bccpilot" / "lab"


def dependencies(project: Path) -> list[str]:
    """What bccpilot needs from PyPI, as setup.cfg has it, and what runs its tests."""
    config = configparser.ConfigParser()
    config.read(project / "setup.cfg")
    return [*config["options"]["install_requires"].split(), "pytest", "hypothesis"]


def cache_root() -> Path:
    """The nearest directory above the cache that exists."""
    return next(path for path in (cache(), *cache().parents) if path.exists())


def contents() -> list[str]:
    """What the system is made of."""
    return [SUITE, DISK_SIZE, PACKAGES.read_text(), SETUP.read_text()]


def is_built() -> bool:
    return place("system", contents()).exists()


def system() -> Path:
    """The directory of vmlinuz, initrd.img and disk.img (2 to 4 minutes to build, root, network)."""
    return kept("system", contents(), build_system)


def packages(project: Path) -> Path:
    """The directory of `site` (the dependencies, installed) and `builders` (setuptools and wheel)."""
    wanted = dependencies(project)
    return kept("packages", [PYTHON, *wanted], lambda work: build_packages(work, wanted))


def place(kind: str, content: list[str]) -> Path:
    """Where something of this content is kept."""
    key = hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]
    return cache() / f"{kind}-{key}"


def kept(kind: str, content: list[str], build: Callable[[Path], None]) -> Path:
    """What `build` made of this content, made first where it isn't there. Two builds at once wait for each other."""
    final = place(kind, content)
    if final.exists():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with (final.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not final.exists():
            work = final.with_suffix(".part")
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            build(work)
            work.rename(final)
    return final


def build_system(work: Path) -> None:
    if os.geteuid() != 0:
        raise PermissionError("debootstrap needs root: run `sudo scripts/lab build` once")
    root, debs = work / "rootfs", cache() / "debs"
    debs.mkdir(exist_ok=True)
    include = ",".join(PACKAGES.read_text().split())
    run("debootstrap", "--variant=minbase", f"--cache-dir={debs}", f"--include={include}", SUITE, str(root))
    shutil.copy(SETUP, root / "opt" / "setup")
    run("chroot", str(root), "/bin/sh", "/opt/setup")
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(next((root / "boot").glob(f"{name}-*")), work / name)
    image(root, work / "disk.img", DISK_SIZE)
    shutil.rmtree(root)


def build_packages(work: Path, wanted: list[str]) -> None:
    """For the system's Python, whichever Python this is."""
    only = ["--only-binary=:all:", "--python-version", PYTHON, "--implementation", "cp"]
    pip("install", *only, "--target", str(work / SITE), *wanted)
    pip("download", "--dest", str(work / BUILDERS), "setuptools", "wheel")


def image(directory: Path, disk: Path, size: str) -> None:
    """An ext4 image of a directory."""
    run("mke2fs", "-q", "-t", "ext4", "-d", str(directory), str(disk), size)


def pip(*argv: str) -> None:
    run(sys.executable, "-m", "pip", argv[0], "--quiet", *argv[1:])


def run(*argv: str) -> None:
    print("lab:", " ".join(argv)[:120], file=sys.stderr, flush=True)
    env = {**os.environ, "LC_ALL": "C", "PIP_ROOT_USER_ACTION": "ignore"}
    subprocess.run(argv, check=True, stdout=sys.stderr, env=env, timeout=PATIENCE_S)
