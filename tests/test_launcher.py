"""bin/bccpilot: finds the package however it was installed, and starts it in a Python where nobody else's code runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
LAUNCHER = PROJECT / "bin" / "bccpilot"
SAYS = "import sys; print(__file__, sys.flags.isolated, sys.flags.no_site, *sys.argv[1:])"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


def package(place: Path) -> Path:
    """A package that says how it was started."""
    main = place / "bccpilot" / "__main__.py"
    main.parent.mkdir(parents=True)
    main.write_text(SAYS)
    return main


def launched(launcher: Path, *argv: str, **env: str) -> str:
    given = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env}
    return subprocess.run([launcher, *argv], capture_output=True, text=True, check=True, env=given, cwd=launcher.parent).stdout.strip()


@pytest.fixture
def place(tmp_path):
    """An environment with the launcher in it and no package yet: (launcher, its site-packages)."""
    site = tmp_path / "lib" / PYTHON / "site-packages"
    site.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / PYTHON).symlink_to(sys.executable)
    return Path(shutil.copy(LAUNCHER, tmp_path / "bin")), site


def test_installed(place):
    launcher, site = place
    main = package(site)
    assert Path(launched(launcher, "a b", "*").split()[0]).samefile(main)
    assert launched(launcher, "a b", "*").split(" ", 1)[1] == "1 1 a b *"


def test_through_a_link(place, tmp_path):
    launcher, site = place
    main = package(site)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "bccpilot"
    link.symlink_to(launcher)
    assert Path(launched(link).split()[0]).samefile(main)


def test_editable(place, tmp_path):
    launcher, site = place
    main = package(tmp_path / "a project")
    (site / "__editable__.bccpilot-0.1.0.pth").write_text(f"{tmp_path / 'a project'}\n")
    assert launched(launcher, "x") == f"{main} 1 1 x"


def test_a_checkout(tmp_path):
    main = package(tmp_path)
    (tmp_path / "bin").mkdir()
    assert Path(launched(Path(shutil.copy(LAUNCHER, tmp_path / "bin"))).split()[0]).samefile(main)


def test_nobody_elses_code_runs(tmp_path):
    """Modules that lie where the user is or where PYTHONPATH says would otherwise run, with what is then asked of sudo."""
    shutil.copy(LAUNCHER, tmp_path)
    for name in ("argparse", "re", "json", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('stolen')")
    launcher = tmp_path / "link"
    launcher.symlink_to(LAUNCHER)
    assert launched(launcher, "--version", PYTHONPATH=str(tmp_path), PYTHONSTARTUP="x", PYTHONHOME="/nowhere").startswith("bccpilot ")


def test_what_was_installed_with_us_is_found_when_it_is_needed():
    """rapidfuzz isn't in the standard library; a near miss needs it."""
    ran = subprocess.run([LAUNCHER, "--dry-run", "--tool", "opensnop", "files"], capture_output=True, text=True)
    assert (ran.returncode, "did you mean opensnoop" in ran.stderr) == (2, True), ran.stderr


def test_as_a_module():
    ran = subprocess.run([sys.executable, "-m", "bccpilot", "--version"], capture_output=True, text=True, cwd=PROJECT)
    assert ran.stdout.startswith("bccpilot ")
