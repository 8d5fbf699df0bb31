"""bccpilot config: show the settings, and set them."""

from __future__ import annotations

import os
from dataclasses import fields

from bccpilot import access, config
from bccpilot.errors import EXIT_DONE, UsageError
from manpages_index import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

HELP = """Show the settings, or set one:

  bccpilot config                              all of them, and where they are kept
  bccpilot config model gpt-4.1                set one
  bccpilot config key_command 'pass show openai'
  bccpilot config --unset model                back to its default

A key itself is never kept in the settings: it comes from OPENAI_API_KEY, from a file of your own (key_file) or
from a command that prints it (key_command), and is never shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("value", nargs="?", metavar="VALUE")
    parser.add_argument("--unset", metavar="NAME", help="back to its default")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(options: argparse.Namespace) -> int:
    if options.unset is not None:
        _known(options.unset)
        _write(options.unset, None)
    elif options.value is not None:
        _write(options.name, _literal(_known(options.name), options.value))
    else:
        _show(options.name, options.json)
    return EXIT_DONE


def _show(name: str | None, as_json: bool) -> None:
    settings = config.load()
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    if name is not None:
        _known(name)
        values = {name: values[name]}
    if as_json:
        import json

        print(json.dumps(values | {"file": _path(), "key": access.source(settings)}, ensure_ascii=False))
        return
    defaults = config.Settings()
    for setting, value in values.items():
        changed = "" if value == getattr(defaults, setting) else "    # changed"
        print(f"{setting} = {_toml(value)}{changed}")
    if name is None:
        print(f"\n# kept in {_path()}\n# the model's key: {access.source(settings)}")


def _known(name: str) -> object:
    """The default of a setting. Raises UsageError, which never repeats what might be a key."""
    defaults = config.Settings()
    if name not in {field.name for field in fields(defaults)}:
        what = "keys aren't kept in the settings" if "key" in name.casefold() else f"there is no setting {name!r}"
        raise UsageError(what, next="bccpilot config lists them; a key comes from OPENAI_API_KEY, key_file or key_command")
    return getattr(defaults, name)


def _literal(default: object, text: str) -> str:
    """A value as TOML, of the same type as the default."""
    if isinstance(default, bool):
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.casefold(), text.casefold())
    if isinstance(default, tuple):
        return _toml(tuple(item.strip() for item in text.split(",") if item.strip()))
    return _toml(text) if isinstance(default, str) else text


def _toml(value: object) -> str:
    """TOML's basic strings are JSON's; so are its numbers, lists and truth values."""
    import json

    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _path() -> str:
    return os.path.join(config.directory(), "config.toml")


def _write(name: str, literal: str | None) -> None:
    """Change one line of the file and leave the others alone. Raises UsageError where the file would not be right afterwards."""
    lines = [line for line in _lines() if line.partition("=")[0].strip() != name]
    text = "".join(f"{line}\n" for line in (*lines, *([f"{name} = {literal}"] if literal is not None else [])))
    config.parse(text, _path())
    temporary = f"{_path()}.{os.getpid()}"
    try:
        places.make(config.directory())
        with open(temporary, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, 0o600)) as file:
            file.write(text)
        os.replace(temporary, _path())
    except OSError as error:
        raise UsageError(f"{_path()} can't be written", error.strerror or str(error)) from error


def _lines() -> list[str]:
    try:
        with open(_path(), encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []
