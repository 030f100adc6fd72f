// Tells rise.css how long the code of each slide is, which leaves the rest to its pictures; starts
// Reveal, and lets the key S show the speaker notes.
(() => {
  const lines = code => code.textContent.trimEnd().split('\n').length;
  for (const slide of document.querySelectorAll('.slides section section')) {
    const codes = slide.querySelectorAll('.jp-CodeCell .highlight pre');
    slide.style.setProperty('--lines', Math.max(1, ...[...codes].map(lines)));
  }
  const notes = () => Reveal.configure({showNotes: !Reveal.getConfig().showNotes});
  Reveal.initialize({
    width: '100%', height: '100%', margin: 0, minScale: 1, maxScale: 1, center: false, hash: true, history: false,
    transition: 'none', slideNumber: 'c/t', keyboard: {83: notes}, help: true,
  });
})();
