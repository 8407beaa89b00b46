"""The plainest Bokeh app with the explorer's four plots: each change computes and sends all of it.

The opponent of `explorer_latency.py`.
"""

from __future__ import annotations

import numpy as np
from bokeh.layouts import column, gridplot
from bokeh.models import ColumnDataSource, Slider
from bokeh.plotting import figure
from bokeh.server.server import Server

import doya


def with_gaps(rows):
    return np.concatenate([part for row in rows for part in (row, [np.nan])])


def lines(b):
    """Compute the lines of the four plots, each as x and y."""
    neuron = doya.NeuronODE(5.0, b)
    diagram = doya.bifurcation_diagram(neuron, "b", (-3.5, -1.5), points=200)
    x, change = doya.equilibria(neuron).phase_line
    path = doya.simulate(neuron, 0.5, 50.0, points=201)
    over = {"b": np.linspace(-3.5, -1.5, 200)}
    loss = doya.loss_landscape(neuron, over, 0.5, 50.0, 0.855).curve
    descent = doya.train(neuron.replace(b=-2.2), 0.5, 50.0, 0.855, "b", 2.0, 100)
    branches = [with_gaps([getattr(each, name) for each in diagram.branches]) for name in VALUE]
    return {
        "diagram": branches,
        "phase": [x, change],
        "trajectory": [path.t, path.x],
        "loss": [loss.value, np.maximum(loss.loss, 1e-12)],
        "descent": [descent.parameters["b"], descent.loss],
    }


VALUE = ("value", "x")


def app(doc):
    found = {name: ColumnDataSource({"x": x, "y": y}) for name, (x, y) in lines(-2.4).items()}
    figures = []
    for name in ("diagram", "phase", "trajectory", "loss"):
        kind = "log" if name == "loss" else "linear"
        figures.append(figure(name=name, height=350, width=560, y_axis_type=kind))
        figures[-1].line("x", "y", source=found[name])
    figures[-1].line("x", "y", source=found["descent"])
    slider = Slider(
        start=-3.5, end=-1.5, value=-2.4, step=0.02, title="b",
        html_attributes={"data-doya": "slider"},
    )  # fmt: skip

    def change(attr, old, new):
        for name, (x, y) in lines(new).items():
            found[name].data = {"x": x, "y": y}

    slider.on_change("value", change)
    doc.add_root(column(slider, gridplot([figures[:2], figures[2:]], toolbar_location=None)))


if __name__ == "__main__":
    server = Server(app, port=0, address="127.0.0.1", allow_websocket_origin=["127.0.0.1"])
    origins = server._tornado._websocket_origins
    origins.add(f"127.0.0.1:{server.port}")
    server.start()
    print(f"http://127.0.0.1:{server.port}/", flush=True)
    server.run_until_shutdown()
