"""Tools that behave as tools do, at their worst. Each is a small program that the tests write to a file and start for real."""

from __future__ import annotations

HEAD = """#!/usr/bin/python3
import os, signal, sys, time
IGN = signal.SIG_IGN
def ignore(*names):
    for name in names: signal.signal(getattr(signal, name), IGN)
"""

# Prints a header, then counts until it is interrupted, then a summary, as most bcc tools do.
SUMMARY = """
print("Tracing... Hit Ctrl-C to end.", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    print("summary: 42")
"""
# Hears SIGINT only when it is done with its "compiling": CPython's handler waits for C code, here it is simply ignored.
COMPILING = """
ignore("SIGINT")
time.sleep(600)
"""
SUMMARISING = """
print("Tracing...", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    ignore("SIGINT")
    print("summarising", flush=True)
    time.sleep(600)
"""
STUBBORN = """
ignore("SIGINT", "SIGHUP", "SIGTERM", "SIGQUIT", "SIGPIPE")
print("Tracing...", flush=True)
while True: time.sleep(1)
"""
TALKATIVE_SUMMARY = """
print("Tracing...", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    for i in range(12):
        time.sleep(0.1)
        print("part", i, flush=True)
"""
GARBAGE = r"""
out = sys.stdout.buffer
out.write(b"caf\xc3\xa9 \xff\xfe\x00\x1b[31m\r\n"); out.flush()
sys.stderr.write("a warning\n"); sys.stderr.flush()
time.sleep(0.2)
out.write(b"x" * 200000 + b"\n"); out.flush()
time.sleep(0.2)
out.write(b"no newline at the end"); out.flush()
"""
FLOOD = """
line = b"y" * 99 + b"\\n"
for _ in range(300): os.write(1, line * 1000)
"""
ENDLESS = """
line = b"z" * 99 + b"\\n"
while True: os.write(1, line * 100)
"""
LOSING = """
print("PID COMM", flush=True)
print("Possibly lost 12 samples", file=sys.stderr)
print("lost 5 events on CPU #1", file=sys.stderr)
print("12 evil: Possibly lost 100 samples")
print("Lost 3 events")
"""
BUFFERED = """
for i in range(3):
    print("tick", i)
    time.sleep(0.4)
"""
FORKING = """
if not os.fork():
    os.setsid()
    ignore("SIGHUP", "SIGTERM", "SIGINT")
    while True: time.sleep(1)
print("Tracing...", flush=True)
try: time.sleep(600)
except KeyboardInterrupt: print("summary")
"""
FAILING = """
print("modprobe: FATAL", file=sys.stderr)
sys.exit(3)
"""
CRASHING = "os.kill(os.getpid(), signal.SIGSEGV)"
ENVIRONMENT = """
import fcntl, struct, termios
print(sorted(os.environ.items()))
print(os.isatty(0), os.isatty(1), os.isatty(2), os.open("/dev/tty", os.O_RDWR) > 2)
print(struct.unpack("HH", fcntl.ioctl(0, termios.TIOCGWINSZ, b"xxxx")))
print([signal.getsignal(s) is signal.SIG_IGN for s in (signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP)])
print(sorted(os.listdir("/proc/self/fd"), key=int)[:3], os.getuid(), sys.argv[1:])
"""
ARGUMENTS = "print(os.getuid(), sys.argv[1:])"
