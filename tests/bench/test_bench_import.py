"""What ``import coursekit`` costs on its own, as ``python -X importtime`` counts it."""

import re
import subprocess
import sys

OWN_LIMIT_MS = 50


def own_milliseconds() -> float:
    """Import coursekit in a new process; return the milliseconds of its own modules."""
    command = [sys.executable, "-X", "importtime", "-c", "import coursekit"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    own = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+coursekit", report)
    assert own, "coursekit is not in the report"
    assert not re.search(r"\| +(torch|matplotlib|numpy)$", report, re.M), (
        "something heavy is loaded"
    )
    return sum(map(int, own)) / 1000


def test_import_stays_below_50_ms(benchmark):
    assert benchmark(own_milliseconds) < OWN_LIMIT_MS
