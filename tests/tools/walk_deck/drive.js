// In the page: find the slides and cells of a running slide show, and steer it.
// Everything hangs off window.__walk; measure.js adds to it.
(() => {
  const W = window.__walk = {};
  const classic = () => !!(window.Jupyter && window.Jupyter.notebook);

  // the notebook's cells, in the notebook's order, wherever RISE has moved them
  W.cells = () => classic()
      ? Jupyter.notebook.get_cells().map(c => c.element[0])
      : [...document.querySelectorAll('.jp-Notebook .jp-Cell, .slides .jp-Cell')];

  // the slide in view: the innermost section that is present
  W.slide = () => [...document.querySelectorAll('.slides section.present')]
      .find(s => !s.querySelector('section')) || null;
  W.slideIds = () => [...document.querySelectorAll('.slides section')]
      .filter(s => !s.querySelector('section')).map(s => s.id);

  // classic RISE and our HTML decks show Reveal as a global; JupyterLab's keeps it private, but Reveal takes messages
  W.reveal = (method, ...args) => window.Reveal
      ? void Reveal[method](...args)
      : window.postMessage(JSON.stringify({method, args}), '*');

  W.state = () => {
    const s = W.slide();
    return s && {id: s.id, fragments: s.querySelectorAll('.fragment').length,
                 shown: s.querySelectorAll('.fragment.visible').length};
  };
  // the same, with the cells in view
  W.here = () => ({...W.state(), cells: W.cellsHere()});
  // one word for where the show is: slide and fragment
  W.place = () => { const s = W.state(); return s ? s.id + '/' + s.shown : ''; };

  // numbers of the cells on this slide; fragments still to come are left out
  W.cellsHere = () => {
    const slide = W.slide(), cells = W.cells();
    return [...cells.keys()].filter(i => {
      if (!slide || !slide.contains(cells[i])) return false;
      const fragment = cells[i].closest('.fragment');
      return !fragment || fragment.classList.contains('visible');
    });
  };

  // classic runs a cell by number; in JupyterLab it becomes the active cell, for Ctrl+Enter
  W.start = i => {
    if (classic()) { Jupyter.notebook.execute_cells([i]); return; }
    const cell = W.cells()[i], aside = cell.closest('aside.notes');
    cell.classList.remove('reveal-skip');
    if (aside) aside.style.display = 'block';
    const editor = cell.querySelector('.jp-InputArea-editor .cm-content');
    // 450 ms after a step the show selects a cell itself and may leave the focus where it is: an
    // element that has the focus already does not get it, and its cell would not be active again
    const focus = document.activeElement;
    if (cell.contains(focus) && !W.isActive(i)) focus.blur();
    (editor && editor.offsetParent ? editor : cell).focus();
  };
  W.isActive = i => classic() || W.cells()[i].classList.contains('jp-mod-active');
  // which cells are active and have the focus, for a message (JupyterLab)
  W.whoIsActive = () => {
    const cells = W.cells(), number = f => cells.findIndex(f) + 1 || 'none';
    return 'active: ' + number(c => c.classList.contains('jp-mod-active')) +
        ', with the focus: ' + number(c => c.contains(document.activeElement)) + ', at ' + W.place() +
        (W.dialog() && ', behind a dialog: ' + W.dialog());
  };
  // undo what start did to a hidden cell
  W.finish = (i, hidden) => {
    if (classic()) return;
    const cell = W.cells()[i], aside = cell.closest('aside.notes'), focus = document.activeElement;
    if (hidden) cell.classList.add('reveal-skip');
    if (aside) aside.style.display = '';
    if (focus && focus !== document.body) focus.blur();
  };

  // what a person would have to click away
  W.dialog = () => {
    const d = document.querySelector('.jp-Dialog, .modal.in');
    return d ? d.innerText.replace(/\s+/g, ' ').slice(0, 150) : '';
  };

  // a word that changes while the slide is still being laid out
  const signature = () => {
    const s = W.slide();
    if (!s) return {word: '', busy: true};
    let sum = 0, n = 0;
    for (const e of s.querySelectorAll('*')) {
      const b = e.getBoundingClientRect();
      sum += b.x + 3 * b.y + 5 * b.width + 7 * b.height;
      n++;
    }
    const hub = window.MathJax && MathJax.Hub;
    const math = !!(hub && hub.queue && (hub.queue.running || hub.queue.pending));
    const loading = [...s.querySelectorAll('img')].some(i => !i.complete);
    return {word: s.id + ':' + n + ':' + sum.toFixed(1), busy: math || loading};
  };
  const pause = ms => new Promise(f => setTimeout(f, ms));

  // wait until nothing has moved for `quiet` ms; false when that takes over `limit` ms
  W.settle = async (quiet, limit) => {
    const begun = performance.now();
    let last = null, since = begun;
    await document.fonts.ready;
    for (;;) {
      await pause(20);
      const {word, busy} = signature(), now = performance.now();
      if (word !== last) { last = word; since = now; }
      else if (now - since >= quiet && !busy) return true;
      if (now - begun > limit) return false;
    }
  };
  // go one step on; where the show is then, null when it does not move
  W.next = async limit => {
    const before = W.place(), begun = performance.now();
    W.reveal('next');
    for (;;) {
      const now = W.place();
      if (now && now !== before) return W.here();
      if (performance.now() - begun > limit) return null;
      await pause(5);
    }
  };
  // let Reveal place the slide anew (it does not when output comes in); true when that moved it
  W.relayout = async () => {
    const before = signature().word;
    W.reveal('layout');
    await pause(0);  // Reveal takes its message after us
    await new Promise(requestAnimationFrame);
    return signature().word !== before;
  };
})();
