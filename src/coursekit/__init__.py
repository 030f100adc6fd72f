"""coursekit: the helper package of *Neural networks, built up from nothing*.

One module, one job: :mod:`~coursekit.data`, :mod:`~coursekit.device`, :mod:`~coursekit.exercises`,
:mod:`~coursekit.graph`, :mod:`~coursekit.plot`, :mod:`~coursekit.recap`,
:mod:`~coursekit.workbook`. Importing the package loads none of them, and neither torch nor
matplotlib.
"""

__version__ = "0.1.0"
