"""How many of the commands in the man pages' EXAMPLES does the planner find from their descriptions, with the tool given?

    .venv/bin/python bench/man_examples.py [--show N]

The examples aren't in the search. Only commands that the tool's own parser accepts count; a plan is right when the parser makes the same
values of its arguments. A description with nothing but the tool's purpose has a plain command.
"""

from __future__ import annotations

import argparse

from bccpilot.checking import spec
from bccpilot.planning import local
from bccpilot.request.understand import understand
from manpages_index import store


def pairs(index: store.Index):
    """(tool, description, args) of every accepted example of bcc's tools."""
    for tool in index.tools:
        if tool.flavour != "bcc":
            continue
        for example in tool.examples:
            if example.source == "man" and example.text and spec.parse(tool.spec, example.args, tool.command).ok:
                yield tool, example.text, example.args


def alike(value: object) -> object:
    """Numbers compare as numbers: the tools' defaults are often text, or text where the argument is a number."""
    if isinstance(value, dict):
        return {name: alike(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [alike(own) for own in value]
    try:
        return value if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N that are wrong")
    parser.add_argument("--tool")
    options = parser.parse_args()
    index = store.load()
    tried = right = 0
    for tool, text, args in pairs(index):
        if options.tool and tool.name != options.tool:
            continue
        tried += 1
        plan = local.plan(understand(text, index.search), index, local.Wanted(tool.name, "bcc"))
        found, wanted = (spec.parse(tool.spec, a, tool.command) for a in (plan.args, args))
        if found.ok and alike(found.values) == alike(wanted.values):
            right += 1
        elif options.show:
            options.show -= 1
            print(f"{tool.name}: {text!r}\n    wanted {' '.join(args)}\n    got    {' '.join(plan.args)}  ({plan.duration_s})")
    print(f"{right} of {tried} right: {right / tried:.3f}")


if __name__ == "__main__":
    main()
