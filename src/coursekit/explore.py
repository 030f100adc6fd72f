"""A slider that redraws a picture, for lessons that are also read without a kernel.

A slider of ipywidgets is dead in a stored notebook: it leaves a line of jargon and no picture. So a
lesson shows its point with pictures, and :func:`slider` adds the playing, where somebody can play.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

STILL = "This page cannot show a slider: change <code>start</code> and run the cell again."
ABSENT = "The slider shows here in a running notebook (Jupyter, Colab, VS Code)."


def slider(
    draw: Callable[[float], Any], name: str, low: float, high: float, start: float, step: float
) -> None:
    """Show a slider, and under it the picture that ``draw`` gives for its value.

    The arrow keys move it too, and the number beside it can be typed. Where nobody can move a
    slider, because the notebook is run by a program, one line says so instead.

    Args:
        draw: Takes the slider's value, returns a :class:`coursekit.plot.Picture`.
        name: What the slider sets, written beside it.
        low: Smallest value.
        high: Largest value.
        start: First value, between the two.
        step: What one press of an arrow key adds.

    Raises:
        ValueError: ``start`` is not between ``low`` and ``high``.

    Example:
        >>> import numpy as np
        >>> from coursekit import plot
        >>> def draw(lr):
        ...     return plot.downhill(np.square, [4, 4 - lr * 8])
        >>> slider(draw, "learning rate", 0.0, 1.2, start=0.1, step=0.01)
        The slider shows here in a running notebook (Jupyter, Colab, VS Code).
    """
    if not low <= start <= high:
        raise ValueError(f"The slider runs from {low} to {high}, but would start at {start}.")
    if not _somebody_is_there():
        print(ABSENT)
        return
    try:
        import ipywidgets
    except ModuleNotFoundError:
        print("The slider needs ipywidgets: run %pip install ipywidgets, then restart the kernel.")
        return
    handle = ipywidgets.FloatSlider(
        value=start, min=low, max=high, step=step, description=name, readout_format=".2f",
        style={"description_width": "initial"}, layout={"width": "min(100%, 640px)"},
    )  # fmt: skip
    first = draw(start)
    picture = ipywidgets.HTML(first._repr_html_())

    def redraw(change: dict[str, Any]) -> None:
        picture.value = draw(change["new"])._repr_html_()

    handle.observe(redraw, names="value")
    _display(ipywidgets.VBox([handle, picture]), first)


def _display(widget: Any, picture: Any) -> None:
    """Show the widget, and where a page cannot show widgets (JupyterLab's slides), the picture."""
    from IPython.display import display

    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    bundle = {
        "application/vnd.jupyter.widget-view+json": view,
        "text/html": f"{picture._repr_html_()}<p>{STILL}</p>",
        "text/plain": repr(picture),
    }
    display(bundle, raw=True)


def _somebody_is_there() -> bool:
    """Whether the kernel was started by a front end and not by a program that runs notebooks."""
    if "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ:  # Colab; Jupyter servers
        return True
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "__vsc_ipynb_file__" in shell.user_ns  # set by VS Code
