"""Which model, where, with which key: options before the environment before the settings. The key itself is never printed."""

from __future__ import annotations

import os

from bccpilot.errors import ModelUnreachable, UsageError
from manpages_index.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bccpilot.config import Settings

KEY, URL, MODEL = "OPENAI_API_KEY", "OPENAI_BASE_URL", "BCCPILOT_MODEL"
_NO_KEY = "set OPENAI_API_KEY, or say where the key is: bccpilot config key_command 'pass show openai'"


@frozen
class Access:
    """How a model is reached. `url` is None for OpenAI itself; `timeout_s` is for a whole plan, and for each silence of an explanation."""

    model: str
    url: str | None = None
    key: str = ""
    timeout_s: float = 30.0

    def __repr__(self) -> str:
        return f"Access(model={self.model!r}, url={self.url!r}, timeout_s={self.timeout_s!r})"  # without the key: this ends in logs

    @property
    def where(self) -> str:
        """The server, for reading."""
        return self.url or "api.openai.com"


def configured(settings: Settings, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a key or a server of the user's own. Reads and runs nothing."""
    named = (environment.get(KEY), environment.get(URL), settings.base_url, settings.key_file, settings.key_command)
    return any(value and value.strip() for value in named)


def find(settings: Settings, model: str | None = None, key: str | None = None, environment: Mapping[str, str] = os.environ) -> Access:
    """The access that the options, the environment and the settings give. Raises ModelUnreachable without a key for OpenAI itself."""
    url = (environment.get(URL) or settings.base_url).strip() or None
    found = (key or environment.get(KEY, "")).strip() or _from_file(settings) or _from_command(settings)
    if not found and url is None:
        raise ModelUnreachable("there is no key for the model", "neither OPENAI_API_KEY nor a key file nor a key command is set", _NO_KEY)
    if any(char.isspace() or not char.isascii() for char in found):
        raise ModelUnreachable("the key for the model is not one", "keys have neither spaces nor other than ASCII characters", _NO_KEY)
    return Access(model or environment.get(MODEL) or settings.model, url, found, settings.model_timeout_s)


def source(settings: Settings, environment: Mapping[str, str] = os.environ) -> str:
    """Where the key comes from, without the key."""
    if environment.get(KEY, "").strip():
        return f"from {KEY} in the environment"
    if settings.key_file:
        return f"from the file {settings.key_file}"
    return f"from the command {settings.key_command}" if settings.key_command else "none"


def _from_file(settings: Settings) -> str:
    if not settings.key_file:
        return ""
    path = os.path.expanduser(settings.key_file)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise UsageError(f"the key file {path} can be read by others", "a key is for its owner alone", f"chmod 600 {path}")
            return file.readline().strip()
    except OSError as error:
        raise ModelUnreachable(f"the key file {path} can't be read", error.strerror or str(error), _NO_KEY) from error


def _from_command(settings: Settings) -> str:
    if not settings.key_command:
        return ""
    from bccpilot.running.printed import printed

    return printed(settings.key_command, settings.model_timeout_s)
