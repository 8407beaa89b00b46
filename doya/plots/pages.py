"""Pages for pictures: the size, and the axes within the style's margins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib import rcParams
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Width of a page of both columns, in inches.
BOTH_COLUMNS = 178.0 / 25.4


class Sheet(Figure):
    """A page of a given size in inches, which no drawing changes; its margins are the style's."""

    def __init__(self, width: float, height: float, **given: Any) -> None:
        super().__init__(figsize=(width, height), **given)
        across, along = rcParams["figure.figsize"]
        margins = self.subplotpars
        self.subplots_adjust(
            left=margins.left * across / width,
            right=1.0 - (1.0 - margins.right) * across / width,
            bottom=margins.bottom * along / height,
            top=1.0 - (1.0 - margins.top) * along / height,
        )


def page(figure: Figure, tall: float = 1.0) -> Axes:
    """Make axes on a page `tall` times as tall as the style's."""
    stretch(figure, tall)
    ax: Axes = figure.subplots()
    return ax


def stretch(figure: Figure, tall: float) -> float:
    """Make the figure `tall` times as tall, with the style's own margins.

    A `Sheet` keeps its size.  Return how many times as tall as the style's page the figure is.
    """
    if not isinstance(figure, Sheet):
        margins = figure.subplotpars
        figure.set_figheight(tall * figure.get_figheight())
        figure.subplots_adjust(bottom=margins.bottom / tall, top=1.0 - (1.0 - margins.top) / tall)
        return tall
    return float(figure.get_figheight() / rcParams["figure.figsize"][1])


def two_below(figure: Figure, tall: float, share: float, gap: float = 0.6) -> tuple[Axes, Axes]:
    """Make two axes on a taller page: the share of the upper one, and a gap for labels."""
    tall = stretch(figure, tall)
    ratios, space = (share, 1.0 - share), {"hspace": gap / tall}
    upper, lower = figure.subplots(2, height_ratios=ratios, gridspec_kw=space)
    return upper, lower


def several(figure: Figure, tall: float, shares: Sequence[float]) -> list[Axes]:
    """Make axes one below another on a taller page, with these shares of its height.

    A `Sheet` that is wider than tall has them side by side.
    """
    if isinstance(figure, Sheet) and figure.get_figwidth() > figure.get_figheight():
        return [*figure.subplots(1, len(shares), gridspec_kw={"wspace": 0.4})]
    space = {"hspace": 0.3 * len(shares) / stretch(figure, tall)}  # as part of their mean height
    return [*figure.subplots(len(shares), height_ratios=shares, gridspec_kw=space)]


def two_beside(figure: Figure, tall: float) -> tuple[Axes, Axes, Axes]:
    """Make two axes and those of a colour bar, on a page of both columns, 178 mm wide."""
    margins, column = figure.subplotpars, figure.get_figwidth()
    stretch(figure, tall)
    beside = 0.15  # of a column, for the numbers of the colour bar
    if isinstance(figure, Sheet):
        figure.subplots_adjust(right=1.0 - beside * rcParams["figure.figsize"][0] / column)
    else:
        figure.set_figwidth(BOTH_COLUMNS)
        part = column / BOTH_COLUMNS
        figure.subplots_adjust(left=margins.left * part, right=1.0 - beside * part)
    ratios = {"width_ratios": (1.0, 1.0, 0.03), "wspace": 0.1}
    left, right, bar = figure.subplots(1, 3, gridspec_kw=ratios)
    return left, right, bar


def solid(figure: Figure) -> Any:
    """Make axes in three dimensions on the whole page except a margin."""
    return figure.add_axes((0.0, 0.05, 0.92, 0.91), projection="3d")
