"""What an ordinary installation would leave out: the project's data are files, and setup.cfg has to name them."""

from __future__ import annotations

import configparser
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("package", ["bccpilot", "manpages_index"])
def test_every_data_file_is_packaged(package: str) -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    patterns = [pattern.strip() for pattern in config["options.package_data"]["*"].split(",")]
    for path in (ROOT / package).rglob("*"):
        if path.suffix in (".toml", ".json", ".typed"):
            # A folder with modules is a package of its own; its files are named from there.
            owner = next(folder for folder in path.parents if (folder / "__init__.py").exists())
            named = path.relative_to(owner)
            assert any(len(named.parts) == pattern.count("/") + 1 and fnmatch(str(named), pattern) for pattern in patterns), path
