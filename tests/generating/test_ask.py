"""The loop with a model: what goes to it, what comes back from the check, and that it really ends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bccpilot.errors import ModelUnreachable
from bccpilot.generating.ask import TRIES, Answer, generate, program_in
from bccpilot.generating.check import Checked
from bccpilot.host import Host
from bccpilot.host.symbols import Symbols
from bccpilot.request.understand import understand
from manpages_index.store import Index

GOOD = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }"
UNSAFE = 'BEGIN { system("id"); }'
HOST = Host(kprobes=False, perf_events=True, symbols=Symbols(["__traceiter_sys_enter", "__x64_sys_openat"]))


class Fake:
    """A model that gives the answers it was given, and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[Sequence[dict[str, str]]] = []

    def ask(self, messages: Sequence[dict[str, str]]) -> str:
        self.asked.append(messages)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def answer(model: Fake, index: Index, request: str = "syscalls by process", **more: object) -> Answer:
    return generate(understand(request, index.search), model, HOST, index, **more)  # type: ignore[arg-type]


def test_a_good_program_is_taken_at_once(index: Index) -> None:
    model = Fake(f"Here it is:\n```bpftrace\n{GOOD}\n```\nIt counts.")
    found = answer(model, index)
    assert found.planner == "model"
    assert found.checked is not None
    assert found.checked.text == "tracepoint:raw_syscalls:sys_enter\n{\n    @[comm] = count();\n}\n"
    assert len(model.asked) == 1
    system, user = model.asked[0]
    assert system["role"] == "system"
    assert "tracepoint:raw_syscalls:sys_enter" in user["content"]
    assert user["content"].endswith('The request, as JSON: "syscalls by process"')


@pytest.mark.parametrize(("bad", "said"), [
    ("BEGIN { @ = ; }", "line 1, column 13: a value is expected, not ';'"),
    (UNSAFE, "system() (line 1, column 9): it runs a program as root; no generated program may do that"),
    ("tracepoint:raw_syscalls:nosuch { @ = count(); }", "tracepoint:raw_syscalls:nosuch: this kernel has no tracepoint raw_syscalls:nosuch"),
    ("kprobe:vfs_read { @ = count(); }", "kprobe:vfs_read: this kernel has no kprobes"),
])  # fmt: skip
def test_what_failed_goes_back_exactly(index: Index, bad: str, said: str) -> None:
    model = Fake(bad, GOOD)
    found = answer(model, index)
    assert [each.why for each in found.tries] == [said, ""]
    assert model.asked[1][-2:] == [
        {"role": "assistant", "content": bad}, {"role": "user", "content": f"That program fails:\n{said}\nWrite it again, whole."}
    ]  # fmt: skip


def test_the_verifiers_words_go_back(index: Index) -> None:
    judged: list[str] = []

    def load(checked: Checked) -> str | None:
        judged.append(checked.text)
        return "R1 invalid mem access 'scalar'" if len(judged) == 1 else None

    model = Fake(GOOD, GOOD.replace("comm", "pid"))
    found = answer(model, index, load=load)
    assert [each.why for each in found.tries] == ["R1 invalid mem access 'scalar'", ""]
    assert "R1 invalid mem access 'scalar'" in model.asked[1][-1]["content"]
    assert found.checked is not None
    assert found.checked.text == judged[1]


def test_it_ends_after_five_with_the_composers_best(index: Index) -> None:
    model = Fake(UNSAFE)
    found = answer(model, index)
    assert len(model.asked) == TRIES == 5
    assert found.planner == "composer"
    assert found.checked is not None
    assert found.checked.text == "tracepoint:raw_syscalls:sys_enter\n{\n    @syscall[comm] = count();\n}\n"
    assert len(found.tries) == 5


def test_it_ends_after_five_with_an_honest_no(index: Index) -> None:
    found = answer(Fake(UNSAFE), index, "the colour of the sky")
    assert found.checked is None
    assert "the composer knows no event" in found.reason


def test_the_model_may_say_no(index: Index) -> None:
    model = Fake("NO: none of these probes sees colours.")
    found = answer(model, index, "the colour of the sky")
    assert (found.checked, found.reason, len(model.asked)) == (None, "none of these probes sees colours.", 1)


def test_who_cant_be_reached_is_said(index: Index) -> None:
    class Gone:
        def ask(self, messages: Sequence[dict[str, str]]) -> str:
            raise ModelUnreachable("nobody answers")

    with pytest.raises(ModelUnreachable):
        generate(understand("syscalls by process", index.search), Gone(), HOST, index)


def test_the_program_in_an_answer() -> None:
    assert program_in("```\na\n```\n```\nb\n```") == "a\n"
    assert program_in("BEGIN { }") == "BEGIN { }\n"
    assert program_in("") == "\n"
