"""Can everybody read it? axe-core in the page, on what the course itself puts there.

Asked of Markdown as it is shown and of outputs: contrast of text (AA), alt text of pictures, names
of buttons and links, order of headings, lists and tables that are ones. Left out, with the reason:

- editors, prompts, toolbars and menus: they are JupyterLab's or classic Jupyter's own, and every
  user's theme changes them;
- code in editors: its colours belong to the same theme (``rise.css`` sets its size only);
- what MathJax and KaTeX draw: formulas carry MathML for screen readers, their boxes are not text;
- words inside SVG: axe cannot tell what is behind them; ``tests/graph`` and ``tests/plot`` do;
- traceback lines: IPython colours them with ANSI codes, which the theme maps to colours;
- the handle of ipywidgets' slider, which that library gives no name: the number beside it can be
  typed instead;
- the rule ``region``: landmarks are the page's business, not a cell's.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

OWN = (
    ".jp-MarkdownCell .jp-RenderedHTMLCommon",  # JupyterLab, nbconvert
    ".jp-OutputArea-output",
    ".text_cell_render",  # classic
    ".output_subarea",
)
NOT_OURS = (
    ".MathJax, .MathJax_Display, .MathJax_Preview, mjx-container, .katex",
    ".ansi-red-fg, .ansi-green-fg, .ansi-cyan-fg, .ansi-yellow-fg, .ansi-blue-fg",
    "[data-mime-type$='stderr'], .output_error, .output_stderr",
    "svg text",
    ".noUi-handle",
    ".anchor-link, .jp-InternalAnchorLink",
)
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
RULES_TOO = ("heading-order", "empty-heading", "image-redundant-alt")

ALL_SLIDES = """
.reveal .slides, .reveal .slides section, .reveal .slides section.stack {
  display: block !important; visibility: visible !important; opacity: 1 !important;
  position: static !important; transform: none !important; height: auto !important;
  overflow: visible !important; perspective: none !important;
}
.reveal .backgrounds, .reveal .progress, .reveal .controls, .reveal .slide-number,
.reveal .pause-overlay, .speaker-notes, aside.controls { display: none !important; }
html, body, .jp-ThemedContainer, .jp-NotebookPanel, .jp-Notebook {
  position: static !important; height: auto !important; overflow: visible !important;
  contain: none !important;
}
.reveal .fragment, .reveal .slides .fragment {
  opacity: 1 !important; visibility: visible !important;
}
"""
"""All slides below one another, so that one run sees them all."""

SHOW_ALL = """() => {
  for (const s of document.querySelectorAll('.slides section')) {
    s.removeAttribute('hidden');
    s.removeAttribute('aria-hidden');
  }
  document.querySelectorAll('details').forEach(d => { d.open = true; });
}"""

RUN = """async ({own, not_ours, tags, too}) => {
  const some = list => list.filter(s => document.querySelector(s));
  const rules = axe.getRules(tags).map(r => r.ruleId).filter(r => r !== 'region').concat(too);
  const found = await axe.run({include: some(own), exclude: some(not_ours)}, {
    runOnly: {type: 'rule', values: rules}, elementRef: true,
  });
  const cell = e => {
    const at = e && e.closest('.cell, .jp-Cell'), all = window.__walk ? __walk.cells() : [];
    return at ? 'cell ' + (all.indexOf(at) + 1) + ': ' : '';
  };
  return found.violations.flatMap(v => v.nodes.map(n =>
    cell(n.element) + v.id + ': ' + n.html.replace(/\\s+/g, ' ').slice(0, 160) + ' (' +
    (n.any[0] || n.all[0] || n.none[0] || {message: v.help}).message.slice(0, 160) + ')'));
}"""


def troubles(page: Page, *, slides: bool = True) -> list[str]:
    """What axe finds in the course's own content, one line each."""
    if slides:
        page.add_style_tag(content=ALL_SLIDES)
    page.evaluate(SHOW_ALL)
    page.evaluate(AXE_SCRIPT)
    asked: dict[str, Any] = {"own": OWN, "not_ours": NOT_OURS, "tags": TAGS, "too": RULES_TOO}
    return sorted(set(page.evaluate(RUN, asked)))
