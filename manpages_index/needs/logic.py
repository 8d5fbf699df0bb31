"""Conditions in conjunctive normal form: a tuple of clauses that must all hold, each a tuple of literals of which one must.

`TRUE` has no clauses; `FALSE` has one without literals. `?` is a literal that can't be judged from the source.
"""

from __future__ import annotations

Condition = tuple[tuple[str, ...], ...]

TRUE: Condition = ()
FALSE: Condition = ((),)
UNKNOWN: Condition = (("?",),)


def literal(text: str) -> Condition:
    return ((text,),)


def conjunction(*conditions: Condition) -> Condition:
    """All of them; clauses that repeat are kept once."""
    clauses = tuple(dict.fromkeys(clause for condition in conditions for clause in condition))
    return FALSE if () in clauses or _contradict(clauses) else clauses


def disjunction(*conditions: Condition) -> Condition:
    """At least one of them, exact as long as all but one are single clauses."""
    if TRUE in conditions:
        return TRUE
    real = [c for c in conditions if c != FALSE]
    if not real:
        return FALSE
    product: Condition = ((),)
    for condition in real:
        product = tuple(tuple(dict.fromkeys((*a, *b))) for a in product for b in condition)
    return conjunction(product) if len(product) <= 8 else UNKNOWN


def negation(condition: Condition) -> Condition:
    if condition == TRUE:
        return FALSE
    return disjunction(*(tuple((_flip(lit),) for lit in clause) for clause in condition)) if condition != FALSE else TRUE


def written(condition: Condition) -> tuple[str, ...]:
    """As `Attach.when` has it."""
    return tuple("|".join(clause) for clause in condition)


def _flip(text: str) -> str:
    return text if text == "?" else text[1:] if text.startswith("!") else f"!{text}"


def _contradict(clauses: Condition) -> bool:
    alone = {clause[0] for clause in clauses if len(clause) == 1}
    return any(_flip(lit) in alone for lit in alone if lit != "?")


def resolved(whens: list[frozenset[str]]) -> list[frozenset[str]]:
    """Resolution: (c and x) or (c and not x) is c; and what a weaker condition covers is dropped."""
    whens = list(dict.fromkeys(whens))
    for left in whens:
        for right in whens:
            only, other = left - right, right - left
            if only and not other:
                return resolved([w for w in whens if w != left])
            lone = next(iter(only)) if len(only) == 1 else "?"
            if {lone} == only and any(_opposite(lone, clause) for clause in other):  # (x) or (c and not x) is (x) or (c)
                weaker = frozenset(clause for clause in right if not _opposite(lone, clause))
                return resolved([weaker if w == right else w for w in whens])
    return whens


def _opposite(left: str, right: str) -> bool:
    return "?" not in left and (left == f"!{right}" or right == f"!{left}") and "|" not in left
