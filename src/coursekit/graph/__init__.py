"""Draw computation graphs: of any tensor, of a recorded block of code, or of your own nodes.

Three calls. :func:`draw` draws the graph behind a tensor. Code that runs in ``with record():`` is
drawn with every value and, after ``backward()``, every gradient. :func:`steps` goes through it
forward and backward, one operation at a time.

Example:
    >>> import torch
    >>> from coursekit import graph
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> with graph.record():
    ...     y = 3 * x**2
    >>> y.backward()
    >>> graph.draw(y).alt
    'Computation graph of y = 12, from x, 2 operations: **, ×. Gradients: x 12.'

Inside, one job a module: :mod:`.model` says what a graph is; :mod:`.record`, :mod:`.autograd` and
:mod:`.nodes` read one; :mod:`.scene` decides what to show, :mod:`.layout` where (trees by
:mod:`.tree`, the rest by Graphviz, in :mod:`.engine` and :mod:`.wasm`), :mod:`.svg` draws it, with
text as large as :mod:`.measure` says; :mod:`.timeline` and :mod:`.stepper` go through it.
"""

from coursekit.graph.drawing import Drawing, draw
from coursekit.graph.magic import load_ipython_extension
from coursekit.graph.record import record
from coursekit.graph.stepper import Steps, steps

__all__ = ["Drawing", "Steps", "draw", "load_ipython_extension", "record", "steps"]
