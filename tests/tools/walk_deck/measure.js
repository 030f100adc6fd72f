// In the page: how far the slide in view sticks out, how large its text is, what is broken on it.
(() => {
  const W = window.__walk;

  // what the two programs put around the cells, and what only screen readers get
  const CHROME = '.CodeMirror-measure, .CodeMirror-hscrollbar, .CodeMirror-vscrollbar,' +
      '.CodeMirror-scrollbar-filler, .CodeMirror-gutter-filler, .CodeMirror-cursors, .CodeMirror textarea,' +
      '.cm-cursorLayer, .cm-selectionLayer, .cm-measure,' +
      '.MJX_Assistive_MathML, mjx-assistive-mml, .MathJax_Preview, aside.notes, .reveal-skip,' +
      'script, style, .jp-Toolbar, .jp-cell-toolbar, .jp-Cell-footer, .jp-CellHeader,' +
      '.ctb_hideshow, .celltoolbar, .widget-readout, .ui-resizable-handle,' +
      '.out_prompt_overlay, .jp-OutputArea-promptOverlay, .anchor-link, .jp-InternalAnchorLink';
  const BOXES = new Set(['IMG', 'CANVAS', 'VIDEO', 'IFRAME', 'HR', 'INPUT', 'BUTTON', 'SELECT',
                         'TEXTAREA', 'TABLE', 'OBJECT', 'EMBED']);
  const isChrome = el => !!el.closest(CHROME);

  const isShown = el => {
    for (let e = el; e && e !== document.body; e = e.parentElement) {
      const st = getComputedStyle(e);
      if (st.display === 'none' || st.visibility === 'hidden' || st.opacity === '0') return false;
      if (e.tagName === 'DETAILS' && !e.open && !el.closest('summary')) return false;
      const tiny = e.clientWidth <= 2 || e.clientHeight <= 2;
      if (st.position === 'absolute' && st.overflow === 'hidden' && tiny) return false;
      if (st.position === 'absolute' && st.clip && st.clip !== 'auto') return false;
    }
    return true;
  };
  const part = el => el.closest('.output, .jp-OutputArea') ? 'output'
      : el.closest('.input_area, .jp-InputArea-editor') ? 'code' : 'text';
  // "cell 4 output <td> "accuracy"": cells counted from 1, as in every message of the tools
  const label = el => {
    const cell = el.closest('.cell, .jp-Cell');
    const text = el.closest('svg') ? '' : (el.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 30);
    return (cell ? 'cell ' + (W.cells().indexOf(cell) + 1) + ' ' : '') + part(el) +
        ' <' + el.tagName.toLowerCase() + '>' + (text ? ' "' + text + '"' : '');
  };
  // Reveal's zoom
  const zoom = el => {
    let e = el;
    while (e && (!e.offsetWidth || getComputedStyle(e).display === 'inline')) e = e.parentElement;
    return e ? e.getBoundingClientRect().width / e.offsetWidth || 1 : 1;
  };

  // Each visible text node of the slide, and each element
  function* visible(slide) {
    const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let n = walker.currentNode; n; n = walker.nextNode()) {
      const el = n.nodeType === 3 ? n.parentElement : n;
      if (n.nodeType === 3 && !n.data.trim()) continue;
      if (!isChrome(el)) yield n;
    }
  }

  // Pixels beyond each edge of the window, and pixels cut off or behind a scroll bar (clipX, clipY);
  // `who` names the piece that is furthest out.
  W.overflow = tol => {
    const slide = W.slide();
    const r = {right: 0, bottom: 0, left: 0, top: 0, clipX: 0, clipY: 0, who: {}};
    if (!slide) return r;
    const note = (key, px, el) => {
      if (px > r[key] + 0.01) { r[key] = px; r.who[key] = label(el); }
    };
    const box = (b, el) => {
      if (b.width <= 0 || b.height <= 0) return;
      note('right', b.right - window.innerWidth, el);
      note('bottom', b.bottom - window.innerHeight, el);
      note('left', -b.left, el);
      note('top', -b.top, el);
    };
    const clip = (key, px, el) => { if (px > tol && isShown(el)) note(key, px, el); };
    const range = document.createRange();
    for (const n of visible(slide)) {
      if (n.nodeType === 3) {
        const p = n.parentElement;
        if (p.closest('svg') || !isShown(p)) continue;
        range.selectNodeContents(n);
        for (const b of range.getClientRects()) box(b, p);
        continue;
      }
      const outerSvg = n.tagName === 'svg' && !n.parentElement.closest('svg');
      if ((outerSvg || BOXES.has(n.tagName)) && isShown(n)) box(n.getBoundingClientRect(), n);
      if (n.closest('svg')) continue;
      if (n.classList.contains('CodeMirror')) {
        // CodeMirror 5 (classic) pads its scroll box by 50 px: its lines tell the truth
        const frame = n.getBoundingClientRect();
        for (const line of n.querySelectorAll('.CodeMirror-line > span')) {
          const b = line.getBoundingClientRect();
          clip('clipX', b.right - frame.right, n);
          clip('clipY', b.bottom - frame.bottom, n);
        }
      }
      if (n.closest('.CodeMirror') || n.clientWidth <= 2 || n.clientHeight <= 2) continue;
      const st = getComputedStyle(n);
      if (st.display === 'inline') continue;
      if (st.overflowX !== 'visible') clip('clipX', (n.scrollWidth - n.clientWidth) * zoom(n), n);
      if (st.overflowY !== 'visible') clip('clipY', (n.scrollHeight - n.clientHeight) * zoom(n), n);
    }
    return r;
  };

  // the same with each folded answer opened in turn, as a speaker opens them
  W.overflowUnfolded = tol => {
    const slide = W.slide(), out = [];
    for (const d of slide ? slide.querySelectorAll('details:not([open])') : []) {
      if (isChrome(d) || !isShown(d.parentElement)) continue;
      d.open = true;
      const r = W.overflow(tol);
      const px = Math.round(Math.max(r.right, r.bottom, r.left, r.top, r.clipX, r.clipY));
      d.open = false;
      if (px > tol) out.push(label(d) + ' overflows by ' + px + ' px when it is unfolded');
    }
    return out;
  };

  // The size of the text in px as drawn: the smallest of each part (code, output, text), with its
  // place, and the size in which most of the running text is set. Headings are larger by design;
  // prompts, indices and formulas have sizes of their own.
  W.fonts = () => {
    const slide = W.slide(), smallest = {}, sizes = new Map();
    const OWN_SIZE = 'svg, sup, sub, .katex, .MathJax, .MathJax_Display, mjx-container, .prompt,' +
        '.jp-InputPrompt, .jp-OutputPrompt';
    for (const n of slide ? visible(slide) : []) {
      if (n.nodeType !== 3) continue;
      const el = n.parentElement;
      if (el.closest(OWN_SIZE) || !isShown(el)) continue;
      const kind = part(el), px = parseFloat(getComputedStyle(el).fontSize) * zoom(el);
      if (!smallest[kind] || px < smallest[kind].px) smallest[kind] = {px, where: label(el)};
      if (kind === 'text' && !el.closest('h1, h2, h3, h4, h5, h6, code, pre, table')) {
        const key = px.toFixed(1);
        sizes.set(key, (sizes.get(key) || 0) + n.data.trim().length);
      }
    }
    const body = [...sizes].sort((a, b) => b[1] - a[1])[0];
    return {smallest, body: body ? parseFloat(body[0]) : null};
  };

  // pictures that did not load, formulas that could not be set, widgets that did not come up;
  // `mathCells` are the cells that have a formula in the notebook
  W.broken = mathCells => {
    const slide = W.slide(), cells = W.cells(), out = [];
    if (!slide) return out;
    const at = el => {
      const cell = el.closest('.cell, .jp-Cell');
      return cell ? 'cell ' + (cells.indexOf(cell) + 1) + ': ' : '';
    };
    for (const img of slide.querySelectorAll('img'))
      if (img.complete && !img.naturalWidth && !isChrome(img))
        out.push(at(img) + 'picture not loaded: ' + (img.getAttribute('src') || '').slice(0, 80));
    for (const e of slide.querySelectorAll('mjx-merror, .merror, .MathJax_Error'))
      out.push(at(e) + 'formula: ' + (e.getAttribute('data-mjx-error') || e.textContent).trim().slice(0, 80));
    for (const e of slide.querySelectorAll('.MathJax .mtext, mjx-mtext'))  // unknown macros are red
      if (getComputedStyle(e).color === 'rgb(255, 0, 0)')
        out.push(at(e) + 'formula: unknown ' + (e.textContent || 'macro').trim().slice(0, 60));
    for (const i of mathCells)
      if (cells[i] && !cells[i].querySelector('.MathJax, .MathJax_Display, mjx-container'))
        out.push('cell ' + (i + 1) + ': formula left as text');
    for (const e of slide.querySelectorAll('.output_area, .jp-OutputArea-output')) {
      const text = (e.textContent || '').trim();
      if (/Error (displaying|creating) widget|widget model not found|Loading widget\.\.\./i.test(text))
        out.push(at(e) + 'widget: ' + text.slice(0, 120));
      else if (/^(Out\[\d+\]:)?\s*(VBox|HBox|Box|GridBox|Tab|Accordion|interactive|\w*(Slider|Button|Dropdown|Checkbox|Select|Play|Widget))\(.*\)$/s.test(text))
        out.push(at(e) + 'widget shown as plain text: ' + text.slice(0, 80));
    }
    return [...new Set(out)];
  };

  // The elements of these kinds that are pictures of the slide: not its chrome, no part of another
  // picture or of a formula.
  const drawn = kinds => [...(W.slide()?.querySelectorAll(kinds) || [])].filter(e =>
    !isChrome(e) && isShown(e) && !e.parentElement.closest('svg, mjx-container, .MathJax'));

  // The size in px in which most letters of a drawing in the page (an SVG) are drawn.
  const letters = svg => {
    const sizes = new Map(), scale = svg.getScreenCTM()?.a || 1;
    for (const t of svg.querySelectorAll('text')) {
      const px = parseFloat(getComputedStyle(t).fontSize) * scale;
      sizes.set(px, (sizes.get(px) || 0) + t.textContent.trim().length);
    }
    const most = [...sizes].sort((a, b) => b[1] - a[1])[0];
    return most ? most[0] : Infinity;
  };

  // Pictures drawn well below the size they were made for: they fit, but their letters cannot be
  // read. An SVG may be drawn at any size; its letters have at least two hundredths of the window.
  W.shrunk = limit => {
    const slide = W.slide(), out = [], least = Math.min(innerHeight, innerWidth * 9 / 16) / 50;
    for (const e of drawn('svg')) {
      const px = letters(e);
      if (px < least) out.push(label(e) + ' has letters of ' + px.toFixed(1) + ' px');
    }
    for (const e of slide ? slide.querySelectorAll('img') : []) {
      if (isChrome(e) || !isShown(e) || e.src.startsWith('data:image/svg')) continue;
      const b = e.getBoundingClientRect(), made = parseFloat(e.getAttribute('width')) || e.naturalWidth;
      const scale = made ? b.width / made : 1;
      if (b.width > 40 && scale < limit)
        out.push(label(e) + ' is drawn at ' + Math.round(scale * 100) + ' % of its size');
    }
    return out;
  };

  // The size of each picture as drawn, in the order of the slide.
  W.pictures = () => {
    const out = [];
    for (const e of drawn('img, svg')) {
      const b = e.getBoundingClientRect();
      if (b.width > 40) out.push({where: label(e), width: b.width, height: b.height});
    }
    return out;
  };

  // Everything that can be seen of the slide at the window's present size, once it stands still.
  W.look = async o => {
    await W.relayout();
    await W.settle(o.quiet, 8000);
    if (await W.relayout()) await W.settle(o.quiet, 8000);
    const over = W.overflow(o.tolerance);
    const out = Math.max(over.right, over.bottom, over.left, over.top, over.clipX, over.clipY);
    return {
      over, fonts: W.fonts(), broken: W.broken(o.math), shrunk: W.shrunk(o.scale), pictures: W.pictures(),
      unfolded: out > o.tolerance ? [] : W.overflowUnfolded(o.tolerance),
    };
  };
})();
