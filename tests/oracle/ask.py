"""The project's oracle: what a tool's own parser makes of argument lists, thousands of them in seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SERVER = str(Path(__file__).with_name("server.py"))
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}


class Oracle:
    """One process with one tool's parser. `prefix` is what a shell wrapper puts before the arguments."""

    def __init__(self, path: str, prefix: tuple[str, ...] = ()) -> None:
        with open(path, "rb") as file:
            python = file.readline().decode().lstrip("#!").split()[0]
        interpreter = python if Path(python).name.startswith("python") else sys.executable
        self.path, self.prefix = path, prefix
        self.process = subprocess.Popen(
            [interpreter, SERVER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, cwd="/", text=True
        )

    def ask(self, args: list[str]) -> dict[str, object]:
        """{"ok": True, "values": {...}} or {"ok": False, "error": message, "status": exit status}."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([*self.prefix, *args]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.path} ended before it parsed its arguments (status {self.process.wait()})")
        found: dict[str, object] = json.loads(line)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
