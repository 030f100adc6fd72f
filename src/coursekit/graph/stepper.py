"""Step through a graph: one interactive figure, or one still picture per step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, overload

from coursekit.graph import page
from coursekit.graph.drawing import Drawing, Request, read
from coursekit.graph.scene import Tag
from coursekit.graph.svg import Marks
from coursekit.graph.timeline import Step
from coursekit.graph.timeline import steps as timeline


class Steps:
    """The steps of a graph: shown as one figure with buttons, or picture by picture.

    Without JavaScript the figure shows the finished graph and the list of steps. ``len(s)`` is
    the number of steps, ``s[i]`` the picture of one, ``s[a:b]`` a list of pictures, and
    ``s.captions`` what they say.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    @cached_property
    def steps(self) -> list[Step]:
        """The steps that can be seen in this view."""
        drawing = self.drawing
        ask = drawing.request
        placed = drawing.placed
        every = timeline(
            drawing._drawn[1],
            ask_values=ask.hidden("value"),
            ask_grads=ask.hidden("grad") and ask.grads is not False,
        )
        if placed is None:
            return every
        drawn: set[Tag] = set()
        for box in placed.scene.boxes:
            drawn.add(box.tag)
            drawn.update(line.tag for line in box.lines)
        for arrow in placed.scene.arrows:
            drawn.update(line.tag for line in arrow.label)
        full = placed.scene.view == "full"
        return [s for s in every if full or s.kind == "ask" or any(tag in drawn for tag in s.shows)]

    @property
    def captions(self) -> list[str]:
        """What each step says."""
        return [step.caption for step in self.steps]

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return [Frame(self, i) for i in range(len(self))[index]]
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"Step {index} of {count}: use 0 to {count - 1}.")
        return Frame(self, index % count)

    def frames(self, limit: int = 60) -> list[str]:
        """Return one SVG per step, all with the same geometry.

        Raises:
            ValueError: There are more steps than ``limit``.
        """
        if len(self) > limit:
            raise ValueError(
                f"{len(self)} steps would be {len(self)} pictures; show the steps themselves, "
                f"or allow as many with frames(limit={len(self)})."
            )
        return [self[i].svg for i in range(len(self))]

    @cached_property
    def _when(self) -> dict[Tag, int]:
        when: dict[Tag, int] = {}
        for i, step in enumerate(self.steps):
            for tag in step.shows:
                when.setdefault(tag, i)
        return when

    def html(self) -> str:
        """Return the interactive figure."""
        if self.drawing.placed is None:
            return self.drawing.html()

        def attrs(tag: Tag, is_text: bool) -> str:
            return f' data-s="{self._when[tag]}"' if tag in self._when else ""

        drawing = self.drawing
        image = drawing.image(Marks(attrs=attrs))
        return page.stepper(image, self.captions, drawing.notes)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        lines = [f"{i + 1}. {caption}" for i, caption in enumerate(self.captions)]
        return "\n".join([self.drawing.alt, *lines, *self.drawing.notes])


class Frame:
    """The picture of one step, for a slide of its own."""

    def __init__(self, steps: Steps, index: int) -> None:
        self.steps = steps
        self.index = index

    @property
    def caption(self) -> str:
        """What the step says."""
        return self.steps.captions[self.index]

    @property
    def svg(self) -> str:
        """The picture, with what comes later left faint and without numbers."""
        return self.steps.drawing.render(self._marks())

    def _marks(self) -> Marks:
        when = self.steps._when

        def attrs(tag: Tag, is_text: bool) -> str:
            if when.get(tag, 0) <= self.index:
                return ""
            later = is_text or tag[:1] == ("sent",)
            return ' visibility="hidden"' if later else ' opacity=".22"'

        return Marks(attrs=attrs)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        html = page.figure(self.steps.drawing.image(self._marks()), [self.caption])
        return {"text/html": html, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Step {self.index + 1} of {len(self.steps)}: {self.caption}"


def steps(
    *things: Any,
    view: str = "auto",
    values: bool | None = None,
    grads: bool | None = None,
    names: Mapping[str, Any] | None = None,
    predict: str | bool | None = None,
    depth: int = 1,
    limit: int = 400,
) -> Steps:
    """Step through a computation: the inputs, each operation forward, each gradient backward.

    The arguments mean what they mean for :func:`~coursekit.graph.draw`; ``local``, ``details`` and
    ``legend`` are not among them. With ``predict`` each result is
    asked for before it is shown. Buttons, or Home, End and the arrow keys, move.

    Raises:
        TypeError: Something that is no tensor, node or recording.
        ValueError: Nothing to draw, or an unknown view.

    Example:
        >>> import torch
        >>> from coursekit.graph import record
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> with record() as g:
        ...     y = 3 * x**2
        >>> y.backward()
        >>> print(steps(y)[2])
        Step 3 of 6: y = 3 × (x ** 2) = 12
    """
    ask = Request(view, values, grads, predict, depth=depth, limit=limit)
    return Steps(Drawing(read(things, names, ask), ask))
