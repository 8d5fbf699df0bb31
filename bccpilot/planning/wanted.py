"""What is said beside a request."""

from __future__ import annotations

from manpages_index.frozen import frozen


@frozen
class Wanted:
    """What the user's options said beside the request: the tool, the flavour (any | bcc | libbpf | bpftrace), the duration in seconds."""

    tool: str | None = None
    flavour: str = "any"
    duration_s: float | None = None


ANY = Wanted()
