"""Put pictures on a page: in JupyterLab, classic notebooks, Colab, VS Code and plain HTML.

A picture goes out as an ``<img>`` that contains the SVG. JupyterLab removes inline SVG (and all
scripts) from a notebook that was downloaded and not yet run, and leaves its words in one heap; the
image it keeps. Where scripts do run, a few lines put the SVG itself in the image's place, which
brings tooltips and selectable text, and the buttons of :mod:`.stepper`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import quote

_INLINE = """
const inline=f=>f.querySelectorAll('img[src^="data:image/svg+xml,"]').forEach(i=>{
const s=new DOMParser().parseFromString(decodeURIComponent(i.src.slice(19)),'image/svg+xml')
.documentElement;if(s.nodeName!=='svg')return;s.setAttribute('style',i.getAttribute('style'));
i.replaceWith(document.importNode(s,true))});
""".replace("\n", "")

# Figures are found by a mark, not by where the script stands: classic notebooks run scripts
# elsewhere, JupyterLab may run them before the figure is on the page.
_EACH = """
let tries=0;const go=()=>{const all=document.querySelectorAll('.ck-figure:not([data-ready])');
all.forEach(f=>{f.dataset.ready=1;inline(f);init(f)});
if(!all.length&&tries++<20)setTimeout(go,50)};go();
""".replace("\n", "")

# A slide show takes keys too, Space and Enter among them: those that the figure uses end there.
# JupyterLab takes its shortcuts earlier, except where the focused element itself forbids it.
# Classic notebooks number their cells for Tab: the buttons take their cell's number, to come next.
_STEP = """
const init=f=>{if(!f.classList.contains('ck-steps'))return;
const make=(tag,into)=>into.appendChild(document.createElement(tag)),
items=[...f.querySelectorAll('[data-s]')],says=[...f.querySelectorAll('li')].map(l=>l.textContent),
top=document.createElement('div'),nav=make('nav',top),p=make('p',top),n=says.length,
tab=Math.max(0,(f.closest('.cell')||f).tabIndex);let k=0;
f.prepend(top);nav.setAttribute('aria-label','Steps');p.setAttribute('aria-live','polite');
const to=[()=>0,()=>k-1,()=>k+1,()=>n-1],
b=[['|◀','first step'],['◀','step back'],['▶','next step'],['▶|','last step']].map(([t,l],i)=>{
const x=make('button',nav);x.type='button';x.textContent=t;x.title=l;x.setAttribute('aria-label',l);
x.onclick=()=>show(to[i]());x.tabIndex=tab;x.dataset.lmSuppressShortcuts=1;return x}),
count=make('span',nav);
const show=i=>{k=Math.max(0,Math.min(n-1,i));items.forEach(e=>{const s=+e.dataset.s;
e.classList.toggle('ck-off',s>k);e.classList.toggle('ck-now',s===k)});
p.textContent=says[k];count.textContent=(k+1)+' / '+n;
b.forEach((x,i)=>x.setAttribute('aria-disabled',i<2?k===0:k===n-1));f.dataset.step=k};
f.addEventListener('keydown',e=>{const i=['Home','ArrowLeft','ArrowRight','End'].indexOf(e.key);
if(i>=0){e.preventDefault();show(to[i]())}if(e.key==='Escape')document.activeElement.blur();
if(i>=0||e.key==='Enter'||e.key===' ')e.stopPropagation()});show(0)};
""".replace("\n", "")

_STEP_STYLE = """
.ck-steps g.ck-off{opacity:.22}.ck-steps text.ck-off,.ck-steps g.ck-label.ck-off{visibility:hidden}
.ck-steps g.ck-now>rect:first-of-type{stroke-width:5}
.ck-steps text.ck-now{text-decoration:underline}
.ck-steps nav{display:flex;gap:.4em;align-items:center;margin:.3em 0;font-size:1.05em}
.ck-steps nav button{font-size:1em;min-width:2.6em;padding:.25em .5em;cursor:pointer}
.ck-steps nav button[aria-disabled=true]{opacity:.4}
.ck-steps nav+p{min-height:2.8em;margin:.2em 0;font-size:1.15em}
""".replace("\n", "")

_SUMMARY = '<summary data-lm-suppress-shortcuts="true">'  # else Enter begins to edit the cell


def image(svg: str, alt: str, width: float) -> str:
    """Return an ``<img>`` that contains an SVG.

    Args:
        svg: The picture.
        alt: Its alternative text.
        width: Its natural width; it is shown at most half as large again. On slides ``rise.css``
            decides, from the width and the aspect that the style tells.
    """
    source = quote(svg.encode("utf-8", "replace"), safe=" =:/;,'()[]*+?!@$-_.~^{}|")
    found = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg)
    aspect = float(found[1]) / float(found[2]) if found else 1.0
    size = f"--natural:{width:.0f};--aspect:{aspect:.3f};width:100%;height:auto"
    size += f";max-width:{1.5 * width:.0f}px;max-height:75vh"
    return (
        f'<img alt="{escape(alt)}" style="{size};object-fit:contain;object-position:left" '
        f'src="data:image/svg+xml,{source}">'
    )


def figure(body: str, notes: Sequence[str] = (), *, kind: str = "") -> str:
    """Return a figure with remarks under it, and the script that brings it to life."""
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    caption = f"<figcaption>{said}</figcaption>" if said else ""
    name = f"ck-figure {kind}".strip()
    script = f"(()=>{{{_INLINE}const init=f=>0;{_EACH}}})()"
    return (
        f'<figure class="{name}" style="margin:0">{body}{caption}</figure><script>{script}</script>'
    )


def stepper(body: str, captions: Sequence[str], notes: Sequence[str]) -> str:
    """Return a figure that steps: buttons and arrow keys where scripts run, else the last picture.

    Args:
        body: The picture; its parts carry the number of the step that shows them, ``data-s``.
        captions: What each step says.
        notes: Remarks under the picture.
    """
    items = "".join(f"<li>{escape(caption)}</li>" for caption in captions)
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        '<figure class="ck-figure ck-steps" style="margin:0">'
        f"<style>{_STEP_STYLE}</style>{body}<figcaption>{said}"
        f"<details>{_SUMMARY}All steps</summary><ol>{items}</ol></details></figcaption></figure>"
        f"<script>(()=>{{{_INLINE}{_STEP}{_EACH}}})()</script>"
    )


def quiz(answer: str, question: str) -> str:
    """Return two pictures: the question, and the answer folded; needs no script."""
    return (
        "<style>.ck-quiz details[open]+*{display:none}</style><details>"
        f"{_SUMMARY}Show the answer</summary>{answer}</details>{question}"
    )
