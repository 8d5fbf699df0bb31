from __future__ import annotations

from manpages_index import roff
from manpages_index.model import Example

PAGE = rb'''.TH tool 8  "2020-02-20" "USER COMMANDS"
.SH NAME
tool \- Trace a thing. Uses Linux eBPF/bcc.
.SH DESCRIPTION
First line,
second \fBbold\fP line.

Another paragraph with \-x.
.\" a comment
.SH EXAMPLES
.TP
Trace all things:
#
.B tool
.TP
Only PID 181, with 'quotes':
#
.B tool \-p 181 "a b"
.TP
Not the tool:
#
.B other \-x
'''


def test_a_page() -> None:
    page = roff.parse(PAGE)
    assert (page.name, page.summary) == ("tool", "Trace a thing. Uses Linux eBPF/bcc.")
    assert page.text("DESCRIPTION") == "First line, second bold line.\nAnother paragraph with -x."
    assert page.text("NOSUCH") == ""


def test_examples() -> None:
    assert roff.examples(roff.parse(PAGE), frozenset({"tool"})) == (
        Example("Trace all things", (), "man"),
        Example("Only PID 181, with 'quotes'", ("-p", "181", "a b"), "man"),
    )


def test_a_command_as_documents_show_it() -> None:
    names = frozenset({"memleak"})
    assert roff.command_arguments("# ./memleak -t   # a comment", names) == ("-t",)
    assert roff.command_arguments("$ sudo memleak", names) == ()
    assert roff.command_arguments("other", names) is None
    assert roff.command_arguments("memleak 'unclosed", names) is None
