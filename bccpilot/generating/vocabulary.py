"""The composer's knowledge, read from the TOML files beside this one, with its words ready to be matched."""

from __future__ import annotations

import functools
import os

from manpages_index import lexicon

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Table = Mapping[str, Any]

_HERE = os.path.dirname(__file__)


@functools.cache
def read(name: str) -> Table:
    """One of the TOML files, by its stem."""
    import tomllib

    with open(os.path.join(_HERE, f"{name}.toml"), "rb") as file:
        return tomllib.load(file)


@functools.cache
def _phrases(name: str, section: str) -> Mapping[str, str]:
    table: Table = read(name)[section] if section else read(name)
    return lexicon.compile_phrases(lexicon.phrases_of(table))


def named(name: str, section: str, text: str) -> dict[str, str]:
    """{entry: the words that met it} of a file's section in a folded text."""
    return lexicon.match(_phrases(name, section), text)
