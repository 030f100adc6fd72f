"""`import coursekit` costs nothing, and neither does asking for help."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "matplotlib", "numpy", "IPython", "ipywidgets")
LIST = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def modules_after(code: str) -> set[str]:
    """What a new Python has loaded after ``code``."""
    script = f"{code}\n{LIST}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_package_loads_nothing():
    loaded = modules_after("import coursekit")
    assert not loaded & set(HEAVY)
    assert {name for name in loaded if name.startswith("coursekit")} == {"coursekit"}


@pytest.mark.parametrize(
    "module", ["errors", "palette", "workbook", "serve", "doctor", "install", "lesson", "__main__"]
)
def test_what_runs_before_a_lesson_loads_neither_torch_nor_matplotlib(module):
    loaded = modules_after(f"import coursekit.{module}")
    assert not loaded & set(HEAVY)


def test_help_loads_no_command():
    code = (
        "from coursekit.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as e: assert e.code == 0"
    )
    loaded = modules_after(code)
    assert {name for name in loaded if name.startswith("coursekit.")} == {
        "coursekit.__main__",
        "coursekit.errors",
    }
