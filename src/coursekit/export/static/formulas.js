// Sets the formulas.
for (const cell of document.querySelectorAll('.jp-RenderedMarkdown'))
  renderMathInElement(cell, {
    delimiters: [
      {left: '$$', right: '$$', display: true}, {left: '$', right: '$', display: false},
      {left: '\\begin{align}', right: '\\end{align}', display: true},
      {left: '\\begin{equation}', right: '\\end{equation}', display: true},
    ],
    throwOnError: false,
  });
