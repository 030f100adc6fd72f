"""Pictures for the lessons: labelled, colour-blind safe, with alt text made from what is drawn.

Every function takes tensors or arrays, draws on a figure of its own (no pyplot, no global state)
and returns a :class:`Picture`, which a notebook shows when it is the last line of a cell.

Example:
    >>> from coursekit import plot
    >>> plot.losses([2.3, 1.1, 0.6])
    Line chart of the loss against step, 1 to 3: from 2.30 to 0.60.
"""

from coursekit.plot.axes_picture import axes
from coursekit.plot.broadcasting import broadcast
from coursekit.plot.curves import function, losses
from coursekit.plot.descent import downhill, fits
from coursekit.plot.distributions import distributions
from coursekit.plot.grids import images, pixels, templates
from coursekit.plot.histories import histories
from coursekit.plot.overlays import overlay
from coursekit.plot.paths import paths
from coursekit.plot.picture import Picture
from coursekit.plot.planes import regions
from coursekit.plot.rates import rates
from coursekit.plot.seeds import seeds
from coursekit.plot.sliding import sliding
from coursekit.plot.speed import speedups
from coursekit.plot.storage_picture import storage
from coursekit.plot.tables import bars, heatmap
from coursekit.plot.timeline import timeline
from coursekit.plot.training import training
from coursekit.plot.volumes import volumes

__all__ = [
    "Picture",
    "axes",
    "bars",
    "broadcast",
    "distributions",
    "downhill",
    "fits",
    "function",
    "heatmap",
    "histories",
    "images",
    "losses",
    "overlay",
    "paths",
    "pixels",
    "rates",
    "regions",
    "seeds",
    "sliding",
    "speedups",
    "storage",
    "templates",
    "timeline",
    "training",
    "volumes",
]
