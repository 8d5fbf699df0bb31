"""The model that is configured, as `ask` wants it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bccpilot.llm import Session

LIMIT = 1500  # tokens of an answer


class Speaker:
    """A conversation over bccpilot.llm. Each question has the access's whole time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ask(self, messages: Sequence[dict[str, str]]) -> str:
        """What the model says. Raises ModelUnreachable."""
        import time

        self._session.deadline = time.monotonic() + self._session.access.timeout_s
        return self._session.chat(list(messages), limit=LIMIT).text

    @property
    def sent(self) -> list[str]:
        """Everything that left this machine, as it was sent."""
        return [exchange.sent for exchange in self._session.exchanges]


def configured(no_send: bool = False, name: str | None = None) -> Speaker | None:
    """The model of the settings and the environment, or the one of that name; None where there is none, or where nothing may leave this
    machine."""
    from bccpilot import access, config

    settings = config.load()
    if no_send or not settings.send or not access.configured(settings):
        return None
    from bccpilot.llm import Session
    from bccpilot.redact import Redactor

    return Speaker(Session(access.find(settings, name), Redactor()))
