"""doya explore"""

from __future__ import annotations

import functools
import importlib.util
import pathlib
import signal
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import models, options, values
from doya_cli.descent_options import OPTIONS
from doya_cli.tasks import with_options
from doya_cli.words import Words

if TYPE_CHECKING:
    from doya.explorer.view import View

SECOND, FOURTH = ("phase", "plane", "orbit"), ("loss", "plane", "orbit")
GROUPS = ("presets", "neuron", "trajectory", "training")


# Those of doya train are longer: at most 1000000 steps, and a limit from the steps before.
SHORTER = (
    click.option(
        "--steps", type=values.Count(0, 10_000), metavar="N", default=100, show_default=True,
        help="Number of steps of the descent, 0 to 10000.",
    ),
    click.option(
        "--clip", type=values.Number(), metavar="NUMBER",
        help="Largest norm of a gradient, above 0; not with --rule sign.  [default: no limit]",
    ),
)  # fmt: skip
training = options.together(
    click.option(
        "--learn", type=values.Choice(["b", "w"]), multiple=True, default=["b"],
        help="Parameter to learn; repeat for both.  [default: b]",
    ),
    click.option(
        "--start-b", type=values.Parameter("b"), default=-2.2, show_default=True,
        help="Bias at the start of the descent, if it is learned.",
    ),
    click.option(
        "--start-w", type=values.Parameter("w"), default=5.0, show_default=True,
        help="Weight at the start of the descent, if it is learned.",
    ),
    OPTIONS["learning_rate"],
    *SHORTER,
    *(OPTIONS[name] for name in ("rule", "momentum", "teacher_forcing")),
)  # fmt: skip
page = options.together(
    options.sweep(
        "b", "w",
        text="Range of b or w in the plots.  The first one is the parameter of the"
        " bifurcation diagram.  [default: b -3.5 -1.5 and w 3 7]",
        alone="b w",
    ),
    click.option(
        "--points", type=values.Count(2, 2000), metavar="N", default=200,
        show_default=True, help="Number of points of a curve, 2 to 2000.",
    ),
    click.option(
        "--second", type=values.Choice(SECOND), default="phase", show_default=True,
        help="What the second plot shows: the phase line, the (w, b) plane or the orbit"
        " diagram of the map.",
    ),
    click.option(
        "--fourth", type=values.Choice(FOURTH), default="loss", show_default=True,
        help="What the fourth plot shows.",
    ),
    click.option(
        "--hide", type=values.Choice(GROUPS), multiple=True,
        help="Leave out a group of controls, for a lecture; repeat for several.",
    ),
    click.option(
        "--style", type=values.Choice(["light", "dark"]), default="light",
        show_default=True, help="Colours of the page.",
    ),
    click.option(
        "--port", type=values.Count(0, 65535), metavar="N", default=0,
        help="Port of the page's address, 0 to 65535.  [default: one that is free]",
    ),
    click.option(
        "--no-browser", is_flag=True, help="Print the address and open no browser."
    ),
)  # fmt: skip


@options.command(
    "explore --w 5 --b -2.4",
    "explore --dynamics map --w -100 --b 10 --epsilon 0.5 --second orbit",
    "explore --hide training --style dark",
    python="doya.explore",
)
@options.weight_and_bias_from(-2.4)  # at -2.5 the default start is on the wall
@options.dynamics
@options.task_until("End time T, 0 to 10000; for the map a whole number of steps.")
@options.constant_input
@click.option(
    "--pulse", "pulses", cls=Words, type=(values.Number(),) * 3, multiple=True,
    metavar="START STOP AMPLITUDE", example="5 8 0.5", callback=values.checked_pulses,
    help="Add AMPLITUDE to the input from START until STOP.  Repeat the option for more pulses.",
)  # fmt: skip
@training
@with_options(seed=2**53 - 1, sequences=1000, length=10_000)
@page
def command(
    epsilon: float | None,
    pulses: tuple[tuple[float, float, float], ...],
    u: float,
    over: dict[str, tuple[float, float]],
    port: int,
    no_browser: bool,
    **given: Any,
) -> None:
    """Explore the neuron in the browser.

    Prints the address of a page with four plots: the bifurcation diagram, the phase line, the state
    over time, and the loss with the descent.  Drag in a plot to move the neuron, the start or the
    descent.  The page is for this machine only; Ctrl-C ends it.

    The page needs the package bokeh: pip install 'doya[explore]'.
    """
    source = click.get_current_context().get_parameter_source("dynamics")
    if given["task"] is not None and source is ParameterSource.DEFAULT:
        given["dynamics"] = "map"
    models.neuron_of(given["dynamics"], epsilon)
    options.check_one_input(pulses, u or None, None)
    if importlib.util.find_spec("bokeh") is None:
        raise click.ClickException(
            "doya explore needs the package bokeh: pip install 'doya[explore]'."
        )
    from doya.explorer.view import View

    given |= {f"{name}_range": ends for name, ends in over.items()}
    given |= {} if epsilon is None else {"epsilon": epsilon}
    try:
        view = View(input=u, pulse=pulses, over=next(iter(over), "b"), **given)
    except ValueError as error:
        raise options.wrong_usage(error) from None
    _serve(view, port, has_browser=not no_browser)


def _serve(view: View, port: int, *, has_browser: bool) -> None:
    """Serve the page until Ctrl-C."""
    from doya.explorer.server import Explorer

    try:
        explorer = Explorer(view, port, file_of)
    except OSError as error:
        words = f"port {port} cannot be used: {error.strerror}. Choose another one."
        raise click.BadParameter(words, param_hint="'--port'") from None
    click.echo(explorer.address)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: explorer.stop())
    if has_browser:
        opened = functools.partial(webbrowser.open, explorer.address)
        threading.Thread(target=opened, daemon=True).start()
    explorer.run()


def file_of(line: Sequence[str], suffix: str) -> bytes:
    """Return the file that a command of doya writes."""
    from doya_cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, f"doya{suffix}")
        main([*line, "-o", str(path), "--quiet"], standalone_mode=False)
        return path.read_bytes()
