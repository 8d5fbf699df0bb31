"""Our verdict and values against those of each tool's own parser: every documented command, and generated argument lists."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache
from glob import glob

import pytest

from bccpilot.checking.spec import Parsed, parse
from manpages_index.argparse_spec import read_spec
from manpages_index.model import ArgSpec
from tests.oracle.arguments import generated
from tests.oracle.ask import Oracle
from tests.oracle.commands import documented

GENERATED = 300
TOOLS = sorted({*glob("/usr/sbin/*-bpfcc"), *glob("/usr/share/bcc/tools/[a-z]*")})
tried: Counter[str] = Counter()


@cache
def spec_of(path: str) -> ArgSpec:
    return read_spec(path)


ARGPARSE = [path for path in TOOLS if os.path.isfile(path) and spec_of(path).parser == "argparse"]


def view(parsed: Parsed) -> str:
    """What is compared: values by dest as JSON text, or the refusal."""
    return json.dumps(parsed.values, sort_keys=True) if parsed.ok else "refused"


def oracle_view(answer: dict[str, object]) -> str:
    return json.dumps(answer["values"], sort_keys=True) if answer["ok"] else "refused"


def compare(oracle: Oracle, spec: ArgSpec, args: list[str]) -> None:
    ours, theirs = parse(spec, args), oracle.ask(args)
    tried["accepted" if ours.ok else "refused"] += 1
    assert view(ours) == oracle_view(theirs), f"{oracle.path} {args}: {ours.error!r} against {theirs.get('error')!r}"
    if ours.ok:
        assert view(parse(spec, ours.args)) == view(ours), f"{oracle.path} {args} written as {ours.args}"
    elif theirs["status"] == 2:
        assert ours.error == theirs["error"]


@pytest.mark.parametrize("path", ARGPARSE, ids=os.path.basename)
def test_agrees_with_the_tools_own_parser(path: str) -> None:
    spec = spec_of(path)
    name = os.path.basename(path).removesuffix("-bpfcc")
    with Oracle(spec.target or path, spec.prefix) as oracle:
        for args in documented(name):
            compare(oracle, spec, args)
            tried["documented"] += 1

        for args in generated(spec, GENERATED):
            compare(oracle, spec, args)


def test_how_many_were_tried(capsys: pytest.CaptureFixture[str]) -> None:
    total = tried["accepted"] + tried["refused"]
    with capsys.disabled():
        print(
            f"\n{total} argument lists of {len(ARGPARSE)} tools, {tried['documented']} of them documented: {tried['accepted']} accepted, {tried['refused']} refused"
        )
    assert total >= GENERATED or not tried
