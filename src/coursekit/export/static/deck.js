// Starts Reveal, and lets the key S show the speaker notes.
(() => {
  const notes = () => Reveal.configure({showNotes: !Reveal.getConfig().showNotes});
  Reveal.initialize({
    width: '100%', height: '100%', margin: 0, minScale: 1, maxScale: 1, center: false, hash: true, history: false,
    transition: 'none', slideNumber: 'c/t', keyboard: {83: notes}, help: true,
  });
})();
