"""How long `bccpilot generate -n` takes as a whole process, compiled files in place: python -m bench.generate.speed [RUNS]"""

from __future__ import annotations

import os
import subprocess
import sys
import time

REQUESTS = ("bytes read by process", "按进程统计缺页次数", "failed opens by process", "read latency histogram by process every 5 seconds")


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times, cpu = [], []
    for n in range(runs + 1):
        before, began = os.times(), time.perf_counter()
        subprocess.run([os.path.join(os.path.dirname(sys.executable), "bccpilot"), "generate", "-n", REQUESTS[n % len(REQUESTS)]], env=environment, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        times.append(time.perf_counter() - began)
        cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    warm, warm_cpu = sorted(times[1:]), sorted(cpu[1:])
    print(f"wall ms: best {warm[0] * 1e3:.0f}, median {warm[runs // 2] * 1e3:.0f}; CPU ms: best {warm_cpu[0] * 1e3:.0f}, median {warm_cpu[runs // 2] * 1e3:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
