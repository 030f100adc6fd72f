"""A notebook as one HTML file: styles, scripts, fonts and pictures inside, no network needed."""

from __future__ import annotations

import base64
import html
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

HERE = Path(__file__).parent
STATIC = HERE / "static"

FORMULAS = ("katex/katex.min.js", "katex/auto-render.min.js", "formulas.js")

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
{body}
<script>
{script}
</script>
</html>
"""


class ExportError(CourseError):
    """A deck or a handout cannot be made."""


def needs(module: str) -> None:
    """Raise ExportError with the remedy unless ``module`` is installed."""
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise ExportError(
            f"The package {module} is not installed in this Python. Start with make slides, "
            "or install the extra: python -m pip install -c constraints.txt -e .[lab]"
        )


def cells(nb: NotebookNode, template: str, folder: Path) -> str:
    """The cells of a notebook as HTML, pictures that lie in ``folder`` inside.

    Args:
        nb: The notebook with its outputs.
        template: One of the folders in ``templates/``.
        folder: Where the notebook's own relative links begin.
    """
    needs("nbconvert")
    from nbconvert.exporters import HTMLExporter, SlidesExporter

    deck = template == "coursekit_slides"
    exporter = (SlidesExporter if deck else HTMLExporter)(
        extra_template_basedirs=[str(HERE / "templates")],
        template_name=template,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=True,
    )
    body, _ = exporter.from_notebook_node(nb, {"metadata": {"path": str(folder)}})
    return body


def page(title: str, body: str, style: str, script: str) -> str:
    """The HTML file; ``script`` runs at its end, after the scripts that set formulas."""
    return PAGE.format(
        title=html.escape(title),
        style="\n".join([_katex_style(), highlight_style(), read("cells.css"), style]),
        body=body,
        script="\n".join(map(inline, [*map(read, FORMULAS), script])),
    )


def read(name: str) -> str:
    """The text of a file in ``static/``."""
    return (STATIC / name).read_text(encoding="utf-8")


def inline(script: str) -> str:
    """A script as it may stand inside a page.

    Example:
        >>> inline("say('</script>')")
        "say('<\\\\/script>')"
    """
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _katex_style() -> str:
    """KaTeX's style with its fonts inside."""
    style = read("katex/katex.min.css")

    def data(match: re.Match[str]) -> str:
        font = (STATIC / "katex" / "fonts" / f"{match[1]}.woff2").read_bytes()
        text = base64.b64encode(font).decode()
        return f'src:url(data:font/woff2;base64,{text}) format("woff2")'

    return re.sub(r"src:url\(fonts/([\w-]+)\.woff2\)[^}]*", data, style)


def highlight_style() -> str:
    """The colours of code: Pygments' own."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style="default").get_style_defs(".highlight")
