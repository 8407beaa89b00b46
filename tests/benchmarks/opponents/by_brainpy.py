"""BrainPy's Bifurcation1D in doubles; as a program it draws the diagram at w = 5 to a file."""

import sys

import brainpy
import brainpy.math as bm
import numpy as np

bm.enable_x64()

X_STEP = 0.01


@brainpy.odeint
def neuron(x, t, b):
    return -x + 1.0 / (1.0 + bm.exp(-(5.0 * x + b)))


def analyzer(b):
    return brainpy.analysis.Bifurcation1D(
        neuron,
        target_vars={"x": [0.0, 1.0]},
        target_pars={"b": [b[0], b[-1]]},
        resolutions={"x": X_STEP, "b": b},
    )


def equilibria(b):
    """The b and the x of each that it finds."""
    x, (b,), _ = analyzer(b).plot_bifurcation(with_plot=False, with_return=True)
    return np.asarray(b), np.asarray(x)


if __name__ == "__main__":
    import matplotlib.pyplot

    analyzer(np.arange(-3.0, -2.0, 0.005)).plot_bifurcation()
    matplotlib.pyplot.savefig(sys.argv[1])
