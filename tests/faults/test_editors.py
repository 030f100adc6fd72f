"""A lesson that was opened and saved elsewhere comes back to the committed bytes.

The noise below is what each program adds when somebody opens a notebook, runs nothing or a cell,
folds an output away and saves. It is tried on every lesson, not on a small example.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.tools.lint import Lesson, lint
from tests.tools.lint.stubs import registry_stubs
from tests.tools.normalise import dumps, normalise
from tests.tools.notebooks import lesson_files, read

LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.12.4",
}


def jupyterlab(nb: dict) -> str:
    """JupyterLab 4 with recorded timings, a hidden output, and a kernel called otherwise."""
    nb["metadata"]["language_info"] = LANGUAGE
    nb["metadata"]["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    nb["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    for cell in nb["cells"]:
        cell["metadata"] |= {"editable": True, "jp-MarkdownHeadingCollapsed": True}
        cell["metadata"].setdefault("tags", [])
        if cell["cell_type"] == "code":
            cell["metadata"]["jupyter"] = {"outputs_hidden": False, "source_hidden": False}
            cell["metadata"]["execution"] = {
                "iopub.execute_input": "2026-03-02T08:15:30.123456Z",
                "shell.execute_reply": "2026-03-02T08:15:30.223456Z",
            }
    return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"


def classic(nb: dict) -> str:
    """Classic Jupyter with its usual extensions, saved on Windows."""
    nb["metadata"] |= {
        "celltoolbar": "Slideshow",
        "language_info": LANGUAGE,
        "toc": {"base_numbering": 1, "nav_menu": {}, "sideBar": True},
        "varInspector": {"window_display": False},
    }
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"collapsed": False, "scrolled": True, "trusted": True}
            cell["metadata"]["ExecuteTime"] = {"start_time": "2026-03-02T08:15:30.123Z"}
            cell["outputs"] = [part for output in cell["outputs"] for part in _split(output)]
    return json.dumps(nb, indent=1).replace("\n", "\r\n")


def _split(output: dict) -> list[dict]:
    """A stream as it came, in pieces."""
    if output["output_type"] != "stream":
        return [output]
    text = "".join(output["text"])
    return [
        output | {"text": part} for part in (text[: len(text) // 2], text[len(text) // 2 :]) if part
    ]


def vscode(nb: dict) -> str:
    """VS Code: one string for each source, Windows line ends in it, no newline at the end."""
    nb["metadata"]["kernelspec"]["display_name"] = ".venv (3.12.4)"
    nb["metadata"] |= {"language_info": LANGUAGE, "orig_nbformat": 4}
    nb["metadata"]["vscode"] = {"interpreter": {"hash": "31f2aee4e71d21fbe5cf8b01ff0e069b"}}
    for cell in nb["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    return json.dumps(nb, indent=4)


def colab(nb: dict) -> str:
    """Colab, saved to GitHub with its own badge on top: ids in the metadata, format 4.0."""
    nb["metadata"] |= {
        "accelerator": "GPU",
        "colab": {"gpuType": "T4", "include_colab_link": True, "provenance": []},
    }
    nb["nbformat_minor"] = 0
    for cell in nb["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/", "height": 35}}
            cell["metadata"]["outputId"] = "6f1c2a1e-2c3b-4c55-bd53-6d6b3f1f7f10"
            for output in cell["outputs"]:
                if output["output_type"] != "stream":
                    output.setdefault("metadata", {})
                if output["output_type"] == "execute_result":
                    output["metadata"]["application/vnd.google.colaboratory.intrinsic+json"] = {}
    badge = '<a href="https://colab.research.google.com/github/a/b/blob/main/x.ipynb"></a>'
    top = {"id": "view-in-github", "colab_type": "text"}
    nb["cells"].insert(0, {"cell_type": "markdown", "metadata": top, "source": [badge]})
    return json.dumps(nb, indent=2)


@pytest.mark.parametrize("editor", [jupyterlab, classic, vscode, colab], ids=lambda e: e.__name__)
@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_a_lesson_saved_elsewhere_comes_back_to_the_committed_bytes(
    path, editor: Callable[[dict], str], tmp_path
):
    committed = path.read_text(encoding="utf-8")
    noisy = tmp_path / path.name
    noisy.write_bytes(editor(json.loads(committed)).encode())
    findings = {finding.rule for finding in lint(Lesson.load(noisy, registry_stubs))}
    assert {"form", "metadata"} & findings, "the lint notices that somebody saved it"
    assert dumps(normalise(read(noisy))) == committed
