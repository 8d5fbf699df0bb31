"""Runs one tool on a terminal of its own and sees to it that the tool ends. A program, not a library: it runs as root,
apart from bccpilot.

    python3 -I -S guard.py lines|terminal|screen PATH ARG...

`lines`: standard output is a pipe, and the tool is made to write line by line (Python and C libraries have switches for
that). A line through a pipe costs the tool a third of what it costs through a terminal, and a tool that must print
50,000 lines a second has no time for more. `terminal`: standard output is the terminal, as it is with `lines` where
there is no such switch. `screen`: likewise, for tools that draw on it.

Frames go to standard output: one byte of kind, four of length (big endian), the content.

    S  started: the tool's PID            O  bytes of the tool's standard output     E  bytes of its standard error
    P  how many attachments it holds      X  ended: the status of waitpid            F  could not be started: why

Orders come on standard input, one a line.

    signal N      to the tool's process group; each N only once: a second SIGINT would spoil the summary
    attached      the probes are known to be attached: stop counting them
    deadline S    in S seconds from now the tool must have ended

The end of standard input means that bccpilot is gone, however it died. Then, and when the deadline has passed, the
guard ends the tool by itself with the signals of `ALONE`. Should the guard die too, the terminal hangs up (SIGHUP) and
the kernel kills the tool (PDEATHSIG).

Where sudo lets the user run the tool but not this guard, it runs as the user, around sudo. It can't signal root then;
the terminal can: its interrupt and quit characters send SIGINT and SIGQUIT to root's processes, and hanging up sends
SIGHUP.
"""

from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import struct
import sys
import termios
import time

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}
TERMS = {"lines": "dumb", "terminal": "dumb", "screen": "xterm"}
STDBUF = ("/usr/bin/stdbuf", "-oL")
LOADERS = (b"/ld-linux", b"/ld64.so")  # of glibc, whose programs obey stdbuf
PIPE_BYTES = 1 << 20
ROWS, COLUMNS = 50, 250  # wide enough that no tool cuts its columns
TICK_S = 0.1  # how often the attachments are counted, and the longest that an end can go unnoticed
NAP_S = 0.004  # after some output, more is let come before the next look: one wake-up then takes hundreds of lines
CHUNK = 1 << 16
ALONE = ((0.0, signal.SIGINT), (3.0, signal.SIGTERM), (5.0, signal.SIGKILL))
STRAGGLERS_S = 1.0  # what the tool's own children get between SIGTERM and SIGKILL once it has ended
BY_TERMINAL = {signal.SIGINT: b"\x03", signal.SIGTERM: b"\x1c"}
ATTACHMENTS = ("perf_event", "bpf_link", "bpf-link", "raw-tracepoint")
IGNORED = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGPIPE)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def prctl(option: int, value: int) -> None:
    """Linux's prctl(2); without ctypes (a minimal Python) its two services are done without."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def terminal() -> tuple[int, int]:
    """A terminal that changes no byte: (master, slave). It still turns ^C into SIGINT and ^\\ into SIGQUIT."""
    master, slave = os.openpty()
    mode = termios.tcgetattr(slave)
    mode[0] &= ~(termios.ICRNL | termios.IXON)
    mode[1] &= ~termios.OPOST
    mode[3] &= ~(termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ECHONL | termios.ECHOCTL)
    mode[3] |= termios.ISIG | termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return master, slave


def by_line(argv: list[str]) -> list[str] | None:
    """The command that writes line by line into a pipe too; None: only into a terminal."""
    with open(argv[0], "rb") as file:
        head = file.read(4096)
    if not head.startswith(b"\x7fELF"):
        return argv  # Python, or a script around it: the environment says it; bpftrace flushes each line anyway
    obeys = any(loader in head for loader in LOADERS) and os.access(STDBUF[0], os.X_OK)
    return [*STDBUF, *argv] if obeys else None


def become(argv: list[str], term: str, fds: tuple[int, int, int]) -> None:
    """In the child: a session of its own, the terminal, default signals, the short environment, and then the tool."""
    os.setsid()
    fcntl.ioctl(fds[0], termios.TIOCSCTTY, 0)
    for fd, source in enumerate(fds):
        os.dup2(source, fd)
    for signum in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execve(argv[0], argv, {**ENVIRONMENT, "TERM": term})  # noqa: S606 - no shell is what is wanted


def pipe() -> tuple[int, int]:
    """A pipe that holds a lot, so that a busy tool needn't wait for its reader."""
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(reading, getattr(fcntl, "F_SETPIPE_SZ", 1031), PIPE_BYTES)
    except OSError:
        return reading, writing
    return reading, writing


def spawn(argv: list[str], kind: str) -> tuple[int, int, dict[int, bytes]]:
    """Start the tool: its PID, its terminal's master, and what to read as what. Raises OSError where it can't start."""
    lines = by_line(argv) if kind == "lines" else None
    master, slave = terminal()
    errors, errors_in = pipe()
    report, report_in = os.pipe()  # closed by a successful exec
    out, out_in = pipe() if lines else (master, slave)
    pid = os.fork()
    if not pid:
        try:
            become(lines or argv, TERMS[kind], (slave, out_in, errors_in))
        except BaseException as error:
            os.write(report_in, str(error).encode())
        os._exit(127)
    for fd in {slave, out_in, errors_in, report_in}:
        os.close(fd)
    failure = os.read(report, 4096)
    os.close(report)
    if failure:
        os.waitpid(pid, 0)
        raise OSError(failure.decode())
    return pid, master, {out: b"O", master: b"O", errors: b"E"}


def descendants(pid: int) -> list[int]:
    """All living processes below `pid`, parents first."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as children:
                found += map(int, children.read().split())
    except OSError:
        return found
    return found + [deeper for child in found for deeper in descendants(child)]


def held(pid: int) -> list[str]:
    """What the process's descriptors are open on. Raises OSError where that may not be looked at or the process is
    gone.
    """
    names = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            names.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue  # closed meanwhile
    return names


def attachments(pid: int) -> int:
    """How many BPF links and perf events the tool and its children hold, in processes that have a BPF program
    loaded.
    """
    total = 0
    for process in (pid, *descendants(pid)):
        names = held(process)
        if any("bpf-prog" in name for name in names):
            total += sum(any(kind in name for kind in ATTACHMENTS) for name in names)
    return total


class Guard:
    """One tool, from its start to its end."""

    def __init__(self, pid: int, master: int, kinds: dict[int, bytes]) -> None:
        self.pid, self.master = pid, master
        self.kinds = kinds  # what is still open of the tool's output
        self.pending = bytearray()  # frames not yet taken by bccpilot
        self.orders = b""
        self.listening = self.heard = True  # to bccpilot, by bccpilot
        self.deadline: float | None = None
        self.alone_since: float | None = None
        self.counting, self.count = True, 0
        self.sent: set[int] = set()
        self.status: int | None = None
        self.ended_at = 0.0

    def run(self) -> None:
        """Until the tool and its children have ended and all that they printed has been handed over."""
        signal.signal(signal.SIGTERM, lambda *_: self.lonely())
        for fd in (0, 1, *self.kinds):
            os.set_blocking(fd, False)
        self.send(b"S", str(self.pid).encode())
        while self.status is None or (self.kinds and time.monotonic() < self.ended_at + 2 * STRAGGLERS_S):
            self.turn()
        self.send(b"X", str(self.status).encode())
        while self.pending and self.heard:
            select.select([], [1], [])
            self.flush()

    def turn(self) -> None:
        """One look at everything."""
        sources = [*self.kinds] if len(self.pending) < CHUNK else []
        inputs = [0, *sources] if self.listening else sources
        ready, _, _ = select.select(inputs, [1] if self.pending and self.heard else [], [], TICK_S)
        if 0 in ready:
            self.listen()
        for fd in [fd for fd in self.kinds if fd in ready and fd in sources]:
            self.take(fd)
        self.flush()
        self.reap()
        self.watch()
        if any(fd in ready for fd in sources):
            time.sleep(NAP_S)

    def listen(self) -> None:
        orders = os.read(0, CHUNK)
        if not orders:
            self.listening = False
            self.lonely()
        *complete, self.orders = (self.orders + orders).split(b"\n")
        for order in complete:
            self.obey(*order.decode().split())

    def obey(self, verb: str, value: str = "") -> None:
        if verb == "signal":
            self.signal(int(value))
        elif verb == "deadline":
            self.deadline = time.monotonic() + float(value)
        elif verb == "attached":
            self.counting = False

    def take(self, fd: int) -> None:
        """Read what there is, up to a chunk: a terminal gives 4 KB at a time."""
        parts: list[bytes] = []
        kind = self.kinds[fd]
        try:
            while sum(map(len, parts)) < CHUNK:
                part = os.read(fd, CHUNK)
                if not part:
                    raise EOFError
                parts.append(part)
        except BlockingIOError:
            pass
        except (OSError, EOFError):  # a terminal without its other side says EIO
            self.hang_up(fd)
        if parts:
            self.send(kind, b"".join(parts))

    def send(self, kind: bytes, content: bytes) -> None:
        self.pending += struct.pack(">cI", kind, len(content)) + content

    def flush(self) -> None:
        try:
            while self.pending and self.heard:
                del self.pending[: os.write(1, self.pending)]
        except BlockingIOError:
            return
        except OSError:  # nobody reads any more: what the tool prints is let go, so that it can end
            self.heard = False
        if not self.heard:
            self.pending.clear()

    def reap(self) -> None:
        """Collect what has ended; when it is the tool itself, its children have no business here any more."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                if pid == self.pid:
                    self.status, self.ended_at = status, time.monotonic()
        except ChildProcessError:
            return
        if self.status is not None:
            late = time.monotonic() > self.ended_at + STRAGGLERS_S
            for child in descendants(os.getpid()):
                deliver(child, signal.SIGKILL if late else signal.SIGTERM)

    def watch(self) -> None:
        """Count the attachments, mind the deadline, and go on with an end that nobody else directs."""
        now = time.monotonic()
        if self.counting and self.status is None:
            self.look()
        if self.deadline is not None and now >= self.deadline:
            self.lonely()
        if self.alone_since is not None:
            for after, signum in ALONE:
                if now >= self.alone_since + after:
                    self.signal(signum)

    def look(self) -> None:
        try:
            count = attachments(self.pid)
        except OSError:
            return
        if count != self.count:
            self.count = count
            self.send(b"P", str(count).encode())

    def lonely(self) -> None:
        if self.alone_since is None:
            self.alone_since = time.monotonic()

    def signal(self, signum: int) -> None:
        """To the tool's process group, once; by the terminal where only the terminal may."""
        if signum in self.sent or self.status is not None:
            return
        self.sent.add(signum)
        victims = descendants(self.pid) if signum == signal.SIGKILL else []
        try:
            os.killpg(self.pid, signum)
        except PermissionError:
            self.signal_by_terminal(signum)
        except ProcessLookupError:
            return
        for victim in victims:
            deliver(victim, signum)

    def signal_by_terminal(self, signum: int) -> None:
        if signum in BY_TERMINAL and self.master in self.kinds:
            os.write(self.master, BY_TERMINAL[signal.Signals(signum)])
        else:
            self.hang_up(self.master)

    def hang_up(self, fd: int) -> None:
        """Close one of the tool's outputs; with the terminal's master the kernel sends SIGHUP to the session."""
        if self.kinds.pop(fd, None):
            os.close(fd)


def deliver(pid: int, signum: int) -> None:
    """Send a signal to a process that may be gone, or may be out of reach."""
    try:
        os.kill(pid, signum)
    except (ProcessLookupError, PermissionError):
        return


def main(kind: str, *argv: str) -> None:
    for signum in IGNORED:
        signal.signal(signum, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # what the tool leaves behind becomes ours to end
    try:
        guard = Guard(*spawn(list(argv), kind))
    except OSError as error:
        why = str(error).encode()
        os.write(1, struct.pack(">cI", b"F", len(why)) + why)
    else:
        guard.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
