"""The syntax tree of a bpftrace program: what `parse` makes of a text, what the policy looks at, and what `write` prints.

The language is the part of bpftrace that looks at values: there is no node for a preprocessor directive, so a tree can't hold one.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Node:
    """`kind` says what `text` and `children` mean:

    program (structs and probes), struct (`text`: its C declaration), probe (`points`, then `predicate`, then `block`), points (`point`s),
    point (`text`), predicate (one expression), block (statements),
    assign (`text`: = += ...; target, value), if (condition, block[, block]), while (condition, block), unroll (count, block),
    jump (`text`: return break continue), ternary, binary (`text`: operator), unary, postfix (++ or --), cast (`text`: type),
    field (`text`: `.name` or `->name`), index, tuple, call (`text`: name), sizeof (`text`: a type), map (`text`: @name; its keys),
    variable ($name), positional ($1, $#), name (builtins and constants), number, string (`text`: the decoded content).

    `at` is the (line, column) in the source, from 1.
    """

    kind: str
    text: str = ""
    children: tuple[Node, ...] = ()
    at: tuple[int, int] = (0, 0)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, top down."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, *kinds: str) -> list[Node]:
        """The nodes of these kinds, this one included."""
        return [node for node in self.walk() if node.kind in kinds]
