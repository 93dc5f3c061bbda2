"""Runs the manifest as Airbyte does, and at the end reports processor time and memory, as peak.cjs does."""

import atexit
import json
import os
import re
import resource
import sys
from pathlib import Path

from airbyte_cdk.cli.source_declarative_manifest import run

exit_code = 0


def report() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    status = Path("/proc/self/status")
    # getrusage would count what the parent held when it started this process.
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1] if status.exists() else usage.ru_maxrss
    took = {
        "exitCode": exit_code,
        "cpuSeconds": usage.ru_utime + usage.ru_stime,
        "peakBytes": int(peak) * 1024,
    }
    Path(os.environ["BENCH_REPORT"]).write_text(json.dumps(took))


if "BENCH_REPORT" in os.environ:
    atexit.register(report)
try:
    if sys.argv[1] != "spec":
        sys.argv += ["--manifest-path", str(Path(__file__).with_name("manifest.yaml"))]
    run()
except SystemExit as end:
    exit_code = end.code if isinstance(end.code, int) else 1
    raise
except BaseException:
    exit_code = 1
    raise
