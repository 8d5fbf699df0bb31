"""Planning with a model, against a server that says what each test wants; the real check, the real index of what is installed here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bccpilot.access import Access
from bccpilot.checking.check import check
from bccpilot.errors import ModelUnreachable
from bccpilot.llm import Session
from bccpilot.model import Command, Plan
from bccpilot.planning import local, openai
from bccpilot.planning.wanted import Wanted
from bccpilot.redact import Redactor
from bccpilot.request.understand import understand
from manpages_index.store import Index
from tests.server import Body, Server, call, calls, failure, prose

BCC = Wanted(flavour="bcc")
OPENS = "which files does process 1 open"
OWN_FUNCTIONS = ("search_tools", "no_tool_fits", "ask_user")
REQUESTS = Path(__file__).parents[2] / "bench" / "requests" / "development.jsonl"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


class Planner:
    """Plans with and without the server."""

    def __init__(self, index: Index, server: Server) -> None:
        self.index, self.server = index, server
        self.session = self.new_session()

    def new_session(self) -> Session:
        self.session = Session(Access("m", self.server.url, "sk-test", 20.0), Redactor())
        return self.session

    def check(self, plan: Plan) -> Command:
        assert plan.tool is not None
        assert plan.flavour is not None
        return check(plan, self.index.tool(plan.tool, plan.flavour))

    def local(self, text: str, wanted: Wanted = BCC) -> Plan:
        return local.plan(understand(text, self.index.search), self.index, wanted)

    def plan(self, text: str, wanted: Wanted = BCC, **own: Any) -> Plan:
        means = openai.Means(self.new_session(), self.check, lambda words: understand(words, self.index.search), "6.1.0", **own)
        return openai.plan(understand(text, self.index.search), self.index, wanted, means)

    def same(self, plan: Plan, other: Plan) -> bool:
        """Whether two plans run the same."""
        if plan.tool is None or other.tool is None:
            return plan.tool is other.tool
        return plan.tool == other.tool and self.check(plan).values == self.check(other).values and plan.duration_s == other.duration_s


@pytest.fixture
def planner(index: Index, server: Server) -> Planner:
    return Planner(index, server)


def tools_of(body: Body) -> list[str]:
    return [tool["function"]["name"] for tool in body["tools"] if tool["function"]["name"] not in OWN_FUNCTIONS]


def last_words(body: Body) -> str:
    return str(body["messages"][-1]["content"])


def test_a_call_becomes_a_plan(planner: Planner, server: Server) -> None:
    server.answer(call("opensnoop", pid=1))
    plan = planner.plan(OPENS)
    assert (plan.tool, plan.args, plan.planner, plan.warnings) == ("opensnoop", ("--pid", "1"), "openai", ())
    assert plan.candidates == planner.local(OPENS).candidates
    assert len(server.bodies) == 1


def test_what_is_sent(planner: Planner, server: Server) -> None:
    server.answer(call("opensnoop", pid=1))
    planner.plan(OPENS)
    body = server.bodies[0]
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert json.loads(body["messages"][1]["content"]) == {"request": OPENS, "host": {"kernel": "6.1.0"}}
    assert tools_of(body) == [candidate.tool for candidate in planner.local(OPENS).candidates]
    assert [tool["function"]["name"] for tool in body["tools"]][-3:] == list(OWN_FUNCTIONS)


def test_the_number_of_candidates_is_a_setting(planner: Planner, server: Server) -> None:
    server.answer(call("opensnoop", pid=1))
    planner.plan(OPENS, candidates=3)
    assert len(tools_of(server.bodies[0])) == 3


def test_the_model_may_add_what_the_rules_missed(planner: Planner, server: Server) -> None:
    server.answer(call("opensnoop", pid=1, timestamp=True))
    assert planner.plan(OPENS).args == ("--timestamp", "--pid", "1")


def test_the_model_may_not_take_away_what_the_request_says(planner: Planner, server: Server) -> None:
    server.answer(call("opensnoop", timestamp=True))
    plan = planner.plan(OPENS)
    assert plan.args == ("-p", "1")
    assert plan.warnings == ("the model would run sudo opensnoop-bpfcc --timestamp; that leaves out pid, which the request says",)


WRONG = {
    "prose": (prose("You should use opensnoop."), "that is no function call; answer with exactly one"),
    "several calls": (calls(("opensnoop", "{}"), ("filetop", "{}")), "call exactly one function"),
    "broken JSON": (calls(("opensnoop", '{"pid": 1')), "the arguments are not JSON: Expecting ',' delimiter: line 1 column 10 (char 9)"),
    "no object": (calls(("opensnoop", "[1]")), "the arguments are not a JSON object"),
    "unknown property": (call("opensnoop", shell="rm -rf /"), "opensnoop has no parameter 'shell'; it has"),
    "wrong type": (call("opensnoop", failed=[1]), "failed: [1] is not of type boolean"),
    "another tool": (call("tcpdump", interface="eth0"), "there is no function 'tcpdump'; choose among those offered, or search"),
    "a tool that no search gave": (call("cpuunclaimed"), "there is no function 'cpuunclaimed'; choose among those offered, or search"),
    "not on this host": (call("opensnoop", pid=4194399), "4194399: no process 4194399 runs here"),
    "made up": (call("opensnoop", pid=1, duration=77), "duration: '77' is not in the request; leave it out"),
    "nothing": ({"role": "assistant", "content": ""}, "that is no function call; answer with exactly one"),
    "not a number": (calls(("opensnoop", '{"buffer-pages": NaN}')), "buffer-pages: 'NaN' is not of type integer"),
    "deep": (calls(("opensnoop", "[" * 100_000)), "the arguments are not JSON: "),
    "an empty search": (call("search_tools", words=" "), "words must be a text"),
    "a question that is none": (call("ask_user", question=["?"]), "question must be a text"),
}


@pytest.mark.parametrize(("answer", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_is_said_back_and_can_be_mended(planner: Planner, server: Server, answer: Body, words: str) -> None:
    server.answer(answer, lambda body: call("opensnoop", pid=1) if "tools" in body else prose('{"function": "opensnoop", "arguments": {"pid": 1}}'))
    plan = planner.plan(OPENS)
    assert (plan.tool, plan.args, plan.planner) == ("opensnoop", ("--pid", "1"), "openai")
    assert len(server.bodies) == 2
    assert last_words(server.bodies[1]).startswith(words)


@pytest.mark.parametrize("answer", [answer for answer, _ in WRONG.values()], ids=WRONG)
def test_after_three_corrections_the_local_plan_remains(planner: Planner, server: Server, answer: Body) -> None:
    server.obey(answer)
    plan = planner.plan(OPENS)
    assert (plan.tool, plan.args, plan.planner) == ("opensnoop", ("-p", "1"), "local")
    assert plan.warnings[-1].startswith("the model's answers were refused 4 times, the last one because of: ")
    assert len(server.bodies) == 4


def test_the_model_searches_in_its_own_words(planner: Planner, server: Server) -> None:
    server.answer(call("search_tools", words="memory leak allocations not freed by call stack"), call("memleak"))
    plan = planner.plan("speicher wird belegt und bleibt es")
    assert (plan.tool, plan.planner) == ("memleak", "openai")
    assert "memleak" not in tools_of(server.bodies[0])
    assert tools_of(server.bodies[1])[0] == "memleak"
    assert last_words(server.bodies[1]).startswith("found: memleak")


def test_it_searches_at_most_twice(planner: Planner, server: Server) -> None:
    server.obey(call("search_tools", words="disk latency"))
    plan = planner.plan(OPENS)
    assert plan.planner == "local"
    assert len(server.bodies) == 2 + 4
    assert "search_tools" not in [tool["function"]["name"] for tool in server.bodies[2]["tools"]]


def test_no_tool_fits(planner: Planner, server: Server) -> None:
    server.obey(call("no_tool_fits", reason="that is a poem"))
    assert planner.plan(OPENS).warnings == ("the model finds that no tool fits: that is a poem",)
    assert planner.plan(OPENS).tool == "opensnoop"


def test_a_question(planner: Planner, server: Server) -> None:
    server.answer(call("ask_user", question="Which process\x1b[2J do you mean?"))
    plan = planner.plan(OPENS)
    assert (plan.tool, plan.args) == ("opensnoop", ("-p", "1"))
    assert plan.warnings == ("the model asks: Which process\x1b[2J do you mean?",)


def test_a_question_where_there_is_no_plan(planner: Planner, server: Server) -> None:
    server.answer(call("ask_user", question="What is it about?"))
    plan = planner.plan("speicher wird belegt und bleibt es")
    assert (plan.tool, plan.reason) == (None, "No installed tool serves this request. (the model asks: What is it about?)")


def test_strong_disagreement_shows_both(planner: Planner, server: Server) -> None:
    server.obey(lambda body: call(tools_of(body)[-1]))
    own = planner.local(OPENS)
    plan = planner.plan(OPENS)
    assert planner.same(plan, own)
    assert plan.planner == "local"
    assert plan.warnings[-1].startswith("the model would run sudo ")
    assert plan.warnings[-1].endswith("; not taken, because the search finds it much less likely")


@pytest.mark.parametrize(("request_", "name"), [("who connects to port 443", "sslsniff"), ("trace kmalloc calls", "inject")])
def test_a_risk_that_was_not_asked_for_is_not_taken(planner: Planner, server: Server, request_: str, name: str) -> None:
    words = {"sslsniff": "plaintext of TLS connections", "inject": "inject failures into kmalloc"}[name]
    arguments = {"mode": "kmalloc", "spec": "mount_subtree()"} if name == "inject" else {}
    server.obey(lambda body: call(name, **arguments) if name in tools_of(body) else call("search_tools", words=words))
    own = planner.local(request_)
    plan = planner.plan(request_)
    assert planner.same(plan, own)
    assert planner.check(plan).risk == planner.check(own).risk


@pytest.mark.parametrize("request_", ["restart nginx", "install nginx"])
def test_what_is_never_served_is_not_even_asked(planner: Planner, server: Server, request_: str) -> None:
    server.obey(call("opensnoop"))
    assert planner.plan(request_) == planner.local(request_)
    assert server.bodies == []


def test_a_tool_that_is_given(planner: Planner, server: Server) -> None:
    server.obey(call("memleak", trace=True))
    plan = planner.plan("watch it", Wanted(tool="memleak", flavour="bcc"))
    assert (plan.tool, plan.args, plan.planner) == ("memleak", ("--trace",), "openai")
    assert tools_of(server.bodies[0]) == ["memleak"]


def test_a_server_without_tools_answers_in_json(planner: Planner, server: Server) -> None:
    server.answer(failure(400, "this model does not support tools"), prose('{"function": "opensnoop", "arguments": {"pid": 1}}'))
    assert planner.plan(OPENS).args == ("--pid", "1")
    assert "tools" not in server.bodies[1]
    assert server.bodies[1]["response_format"]["json_schema"]["schema"]["properties"]["function"]["enum"][0] == "opensnoop"
    assert '"name": "opensnoop"' in server.bodies[1]["messages"][0]["content"]


def test_a_server_without_schemas_either_answers_in_text(planner: Planner, server: Server) -> None:
    answer = 'Sure! {"note": 1} Here:\n```json\n{"name": "opensnoop", "parameters": {"pid": 1}}\n```'
    server.answer(failure(400, "no tools here"), failure(400, "response_format is not supported"), prose(answer))
    assert planner.plan(OPENS).args == ("--pid", "1")
    assert sorted(server.bodies[2]) == ["max_completion_tokens", "messages", "model", "temperature"]


def test_a_server_that_reads_over_tools_is_asked_in_json_next(planner: Planner, server: Server) -> None:
    server.answer(prose("I would look at the files."), prose('{"function": "opensnoop", "arguments": {"pid": 1}}'))
    assert planner.plan(OPENS).args == ("--pid", "1")
    assert "response_format" in server.bodies[1]


def test_a_model_that_cannot_be_reached(planner: Planner, server: Server) -> None:
    server.obey(failure(401, "no such key"))
    with pytest.raises(ModelUnreachable, match="refused the key"):
        planner.plan(OPENS)


def requests() -> list[str]:
    """Every third of our own development requests."""
    if not REQUESTS.exists():
        return []
    return [json.loads(line)["query"] for line in REQUESTS.read_text().splitlines()][::3]


def wrong_types(body: Body) -> Body:
    function = body["tools"][0]["function"]
    return call(function["name"], **{name: [[{}]] for name in list(function["parameters"]["properties"])[:3]})


def every_switch(body: Body) -> Body:
    function = body["tools"][0]["function"]
    return call(function["name"], **{name: 7 for name, own in function["parameters"]["properties"].items() if own.get("type") == "integer"})


WORST: dict[str, Callable[[Body], Body]] = {
    "always the last candidate": lambda body: call(tools_of(body)[-1]) if tools_of(body) else call("no_tool_fits", reason="none"),
    "always wrong types": wrong_types,
    "always refusing": lambda body: call("no_tool_fits", reason="nothing fits"),
    "always asking": lambda body: call("ask_user", question="what?"),
    "numbers made up": every_switch,
    "no arguments at all": lambda body: call(body["tools"][0]["function"]["name"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("worst", WORST.values(), ids=WORST)
def test_the_worst_answers_leave_the_local_plan_as_it_is(planner: Planner, server: Server, worst: Callable[[Body], Body]) -> None:
    server.obey(worst)
    levels = ("safe", "costly", "sensitive", "dangerous")
    for text in requests():
        own, plan = planner.local(text), planner.plan(text)
        assert planner.same(plan, own), (text, plan)
        if plan.tool is not None:
            assert levels.index(planner.check(plan).risk) <= levels.index(planner.check(own).risk), text


HARD = [
    "跟踪内存分配" * 300, "x" * 5000, "opens by a process " * 400, "\U0001f9ea" * 900, "\x00\x1b[2J" * 300, "1234567890 " * 200,
    "open syscalls latency histogram with stacks per process and thread id, errors only, folded, user stacks, 99 hertz",
]  # fmt: skip


@pytest.mark.slow
def test_a_plans_prompt_fits_its_budget(planner: Planner, server: Server, index: Index) -> None:
    encoding = pytest.importorskip("bpe_openai").encoding_for_model("gpt-4o")
    wordy = "say again " * 60
    server.obey(lambda body: call("search_tools", words=f"{wordy} {len(body['messages'])}") if len(body["messages"]) < 6 else prose(wordy))
    named = [f"{tool.name}: {tool.summary}" for tool in index.tools][::10]
    for text in [*HARD, *requests()[::4], *named]:
        planner.plan(text, Wanted())
    sizes = [len(encoding.encode(json.dumps([body["messages"], body.get("tools", [])], ensure_ascii=False))) for body in server.bodies]
    assert len(sizes) > 100
    assert max(sizes) < 4000
