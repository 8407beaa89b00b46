"""`doya.explore`: the explorer from Python, in a notebook or from a script."""

from __future__ import annotations

import contextlib
import html
import importlib.util
import queue
import sys
import threading
from dataclasses import dataclass
from typing import Any

from doya.explorer.view import View, of_neuron
from doya.neurons import Neuron

NEEDED = "doya.explore needs the package bokeh: pip install 'doya[explore]'"
# Height of the page in a notebook, in pixels.
HEIGHT = 860


@dataclass(frozen=True)
class Shown:
    """A page that is served while Python runs; a notebook shows it.

    Attributes
    ----------
    address : str
        Where the page is: open it in a browser on this machine.
    """

    address: str

    def _repr_html_(self) -> str:
        """Return a frame with the page, for notebooks."""
        source = html.escape(self.address)
        return (
            f'<iframe src="{source}" title="doya explore" width="100%" height="{HEIGHT}"'
            ' style="border: 0" allow="clipboard-write"></iframe>'
        )


def explore(neuron: Neuron | None = None, **view: Any) -> Any:
    """Explore one neuron in the browser, or in the cell of a notebook.

    The page has four linked plots: the bifurcation diagram, the phase line, x(t), and the loss with
    its walls and the descent.  Drag in a plot to move the neuron, the start or the descent.  It is
    served to this machine only.  In a script the function opens the browser and returns when the
    program is interrupted; in a notebook it returns at once.

    Parameters
    ----------
    neuron : NeuronODE or NeuronMap, optional
        One neuron; by default the flow with w = 5 and b = -2.4.
    **view
        Further options of `doya explore` by their names in Python: x0, t_end, target, learn,
        learning_rate, steps, clip, b_range, w_range and so on.

    Returns
    -------
    Shown or None
        In a notebook the page, which the cell shows; in a script nothing.

    Raises
    ------
    ArgumentError
        For an unknown option, a value outside its range, or an ensemble of neurons.
    ModuleNotFoundError
        Without the package bokeh.

    See Also
    --------
    bifurcation_diagram : The equilibria along a parameter.
    simulate : The states at many times.
    train : Gradient descent, to a target or on a task.

    References
    ----------
    K. Doya, "Bifurcations of recurrent neural networks in gradient descent learning" (1993).

    Examples
    --------
    >>> import doya
    >>> page = doya.explore(doya.NeuronODE(w=5.0, b=-2.4), t_end=30.0)  # doctest: +SKIP
    """
    chosen = View().replace(**view) if neuron is None else of_neuron(neuron, **view)
    if importlib.util.find_spec("bokeh") is None:
        raise ModuleNotFoundError(NEEDED, name="bokeh")
    if _is_notebook():
        return Shown(_served(chosen))
    _serve(chosen)
    return None


def _serve(view: View) -> None:
    """Serve the page until the program is interrupted."""
    import webbrowser

    from doya.explorer.server import Explorer

    explorer = Explorer(view)
    print(explorer.address, flush=True)
    threading.Thread(target=webbrowser.open, args=(explorer.address,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        explorer.run()


def _served(view: View) -> str:
    """Return the address of the page, served by a thread of its own."""
    from doya.explorer.server import Explorer

    addresses: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()

    def serve() -> None:
        try:
            explorer = Explorer(view)
        except Exception as error:  # raised where the page is asked for
            addresses.put(error)
            return
        addresses.put(explorer.address)
        explorer.run()

    threading.Thread(target=serve, daemon=True).start()
    address = addresses.get()
    if isinstance(address, Exception):
        raise address
    return address


def _is_notebook() -> bool:
    """Return whether a notebook's kernel runs this."""
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive else None
    return type(shell).__name__ == "ZMQInteractiveShell"
