"""The look of pictures: --size, --dpi and --style, the same in every command that draws."""

from __future__ import annotations

import functools
import math
import pathlib
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import click

from doya_cli import completion, values

# Sides of a page in millimetres: enough for the labels, and a large poster.
NARROWEST, WIDEST = 40, 1200
# Sides of a picture in pixels: at the largest, a gigabyte of memory.
FEWEST, MOST = 200, 15000
# Resolutions in pixels per inch; the default is that of the style.
COARSEST, FINEST, DEFAULT = 10, 2400, 300
MM = 25.4  # of an inch

SIDES = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*[x\u00d7]\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)", re.I)
EXAMPLES = "for example 85x60mm or 1920x1080px"
RANGES = {
    "mm": f"each side must be from {NARROWEST} to {WIDEST} mm",
    "px": f"each side must be a whole number of pixels from {FEWEST} to {MOST}",
}

# Settings of matplotlib that belong to a program, not to a style.
NO_STYLE = ("backend", "interactive", "figure.hooks", "savefig.format")

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Look:
    """Size, resolution and style of a picture; None where the option is not given.

    `size` has a width, a height and their unit.  `rc` is a dict of the settings of matplotlib that
    the style adds to doya's own.
    """

    size: tuple[float, float, str] | None = None
    dpi: int | None = None
    style: str | None = None
    rc: Any = None

    @property
    def words(self) -> str:
        """The options that give this look again, each with a blank before it."""
        size = f" --size {_sides(*self.size)}" if self.size else ""
        dpi = f" --dpi {self.dpi}" if self.dpi else ""
        return f"{size}{dpi}{f' --style {shlex.quote(self.style)}' if self.style else ''}"

    @property
    def options(self) -> str:
        """The names of the options that are given."""
        return " and ".join(re.findall(r"--[a-z]+", self.words))

    def resolution(self, width: float, height: float) -> float | None:
        """Return the pixels per inch, or None if the style decides.

        By default a picture of few pixels has fewer, so that its page is not smaller than one of
        the style, whose width and height are given in inches.
        """
        if self.dpi or not self.size or self.size[2] == "mm":
            return self.dpi
        across, along, _ = self.size
        return min(float(DEFAULT), across / width, along / height)

    def inches(self, width: float, height: float) -> tuple[float, float] | None:
        """Return width and height of the page, or None if the picture decides."""
        if self.size is None:
            return None
        across, along, unit = self.size
        dpi = self.resolution(width, height)
        if unit == "mm" or dpi is None:
            return across / MM, along / MM
        # A thousandth of a pixel more: the renderer cuts the fraction off.
        return (across + 1e-3) / dpi, (along + 1e-3) / dpi

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Draw with doya's style and then this one, and with no settings of the user's."""
        import matplotlib

        from doya.plots import STYLE

        with matplotlib.rc_context(fname=STYLE):
            matplotlib.rcParams.update(self.rc or {})
            if self.size:
                matplotlib.rcParams["savefig.bbox"] = "standard"  # "tight" would change the size
            try:
                yield
            except RuntimeError as error:  # of a font, or of a program that is missing
                if not self.rc:
                    raise
                reason = str(error).splitlines()[0]
                raise click.ClickException(
                    f"matplotlib cannot draw with --style {self.style}: {reason}; change the file."
                ) from None


PLAIN = Look()


def settle() -> None:
    """Ignore the user's settings of matplotlib, and its warnings about them."""
    import logging
    import os

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    os.environ["MPLBACKEND"] = "agg"  # read when it is imported, and refused if unknown


def look(function: Function) -> Function:
    """Add --size, --dpi and --style; the function is given them as one `look`."""

    @functools.wraps(function)
    def seen(*arguments: Any, size: Any, dpi: Any, style: Any, **given: Any) -> Any:
        name, rc = style if style else (None, None)
        return function(*arguments, look=checked(Look(size, dpi, name, rc)), **given)

    style = click.option(
        "--style", metavar="light|dark|FILE", callback=_style, shell_complete=_complete_style,
        help="Colours of the pictures: light, dark, or a matplotlib style file, which is applied"
        " on top of light.  [default: light]",
    )  # fmt: skip
    dpi = click.option(
        "--dpi", type=values.Count(COARSEST, FINEST), metavar="N",
        help=f"Pixels per inch, {COARSEST} to {FINEST}.  With a --size in px, a larger N makes"
        f" all letters and lines larger.  [default: {DEFAULT}, or fewer for a small --size in px]",
    )  # fmt: skip
    size = click.option(
        "--size", metavar="WIDTHxHEIGHT", callback=_size,
        help=f"Size of the pictures in mm or px, {EXAMPLES}.  [default: 85 mm wide]",
    )  # fmt: skip
    return cast(Function, size(dpi(style(seen))))


def checked(look: Look) -> Look:
    """Return the look; raise an error if its size and resolution do not go together."""
    if look.size is None or (look.dpi is None and look.size[2] == "px"):
        return look
    across, along, unit = look.size
    dpi = look.dpi or DEFAULT
    sides = _sides(across, along, unit)
    if unit == "mm" and max(across, along) * dpi / MM > MOST:
        most = max(math.floor(MOST * MM / max(across, along)), COARSEST)
        raise click.UsageError(
            f"--size {sides} at {dpi} dpi has more than {MOST} pixels along a side: choose --dpi"
            f" {most} or less."
        )
    if unit == "px" and min(across, along) / dpi * MM < NARROWEST:
        most = math.floor(min(across, along) * MM / NARROWEST)
        raise click.UsageError(
            f"--size {sides} at --dpi {dpi} is less than {NARROWEST} mm along a side: choose --dpi"
            f" {most} or less."
        )
    return look


def _size(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return width, height and unit."""
    if value is None:
        return None
    found = SIDES.fullmatch(value.strip())
    if not found:
        raise click.BadParameter(
            f"{value!r} is not WIDTHxHEIGHT with the unit mm or px, {EXAMPLES}."
        )
    across, along, unit = float(found[1]), float(found[2]), found[3].lower()
    if unit not in RANGES:
        wrong = f"{unit!r} is no unit here" if unit else "the unit is missing"
        raise click.BadParameter(
            f"{wrong}: write {_sides(across, along, 'mm')} or {_sides(across, along, 'px')}."
        )
    least, most = (NARROWEST, WIDEST) if unit == "mm" else (FEWEST, MOST)
    whole = unit == "mm" or (across.is_integer() and along.is_integer())
    if not (whole and least <= min(across, along) and max(across, along) <= most):
        raise click.BadParameter(f"{RANGES[unit]}, got {value}.")
    return across, along, unit


def _sides(across: float, along: float, unit: str) -> str:
    return f"{across:.12g}x{along:.12g}{unit}"


def _style(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the name, and the settings that it adds to doya's style."""
    if value is None or value == "light":
        return value and (value, {})
    settle()
    if value == "dark":
        from doya.plots import STYLE

        return value, _settings(STYLE.with_name("dark.mplstyle"))
    path = pathlib.Path(value)
    try:
        if not path.is_file():
            words = "is a folder" if path.is_dir() else "is no file"
            raise click.BadParameter(
                f"{value!r} {words}; use light, dark, or a matplotlib style file."
            )
        return value, _settings(path)
    except (OSError, ValueError) as error:  # unreadable, or no text
        reason = getattr(error, "strerror", None) or "it is no text"
        raise click.BadParameter(f"cannot read {value!r}: {reason}.") from None


def _settings(path: pathlib.Path) -> dict[str, Any]:
    """Return the settings of a style file; raise an error for lines that matplotlib refuses."""
    import logging

    import matplotlib

    refused: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: refused.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.WARNING)
    try:
        found = matplotlib.rc_params_from_file(path, use_default_template=False)
    finally:
        logger.setLevel(level)
        logger.removeHandler(listener)
    if refused:
        first = refused[0].strip().splitlines()[0].rstrip(".")
        reason = re.sub(r" in file .*, line ", " in line ", first)
        raise click.BadParameter(f"{str(path)!r} is not a matplotlib style file: {reason}.")
    return {name: each for name, each in found.items() if not name.startswith(NO_STYLE)}


def _complete_style(ctx: click.Context, param: click.Parameter, begun: str) -> Any:
    return [*completion.first_of(("light", "dark"))(ctx, param, begun)] or completion.path(
        ctx, param, begun
    )
