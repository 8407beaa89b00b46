"""Names that were probably meant where an unknown one was given."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

# Words that other programs and papers use for doya's options, their values, suffixes and commands.
SYNONYMS = {
    "weight": "w", "bias": "b", "eps": "epsilon", "leak": "epsilon", "input-file": "input",
    "lr": "learning-rate", "rate": "learning-rate", "eta": "learning-rate", "threshold": "clip",
    "time": "t-end", "t": "t-end", "start": "x0", "x": "x0", "dt": "step", "n": "points",
    "out": "output", "file": "output", "range": "over", "sweep": "over",
    "save": "output", "dark": "style", "light": "style", "theme": "style", "width": "size",
    "resolution": "dpi", "fps": "frames", "optimizer": "rule", "optimiser": "rule",
    "ode": "flow", "continuous": "flow", "discrete": "map", "sgd": "gradient", "rprop": "sign",
    ".bmp": ".png", ".jpg": ".png", ".jpeg": ".png", ".tif": ".png", ".tiff": ".png",
    ".eps": ".pdf", ".ps": ".pdf", ".txt": ".csv", ".tsv": ".csv", ".npy": ".npz",
    "sigmoid": "logistic", "xavier": "glorot", "rk45": "dop853",
    "help": "--help", "version": "--version", "author": "convert", "authors": "convert",
    "fold": "bifurcate", "folds": "bifurcate", "flip": "bifurcate", "flips": "bifurcate",
    "diagram": "bifurcate", "cycle": "orbit", "attractor": "orbit",
    "cusp": "regions", "plane": "regions", "trajectory": "simulate", "trajectories": "simulate",
    "crossing": "simulate", "crossing-time": "simulate", "run": "simulate", "plot": "simulate",
    "derivative": "sensitivity", "derivatives": "sensitivity",
    "loss": "landscape", "wall": "landscape", "walls": "landscape", "curvature": "landscape",
    "descent": "train", "learn": "train", "task": "train", "tasks": "train", "latch": "train",
    "initialisation": "train", "initialisation-map": "train", "cycles": "orbit", "chaos": "orbit",
    "lyapunov": "orbit", "lyapunov-exponent": "orbit", "attractors": "orbit",
    "remedies": "network", "vanishing": "network", "exploding": "network", "gallery": "figures",
    "notebook": "figures", "gui": "explore", "browser": "explore", "server": "explore",
}  # fmt: skip
# Number of names suggested at most, and how near difflib must find them.
MOST, NEARNESS = 3, 0.65


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that were probably meant, the nearest first."""
    return list(dict.fromkeys(_near(name.lower().replace("_", "-"), list(known))))[:MOST]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: the names that were probably meant.

    It is empty if no known name is near.
    """
    likely = " or ".join(map(repr, near(name, known)))
    return f"; did you mean {likely}?" if likely else ""


def _near(name: str, known: Sequence[str]) -> Iterator[str]:
    if name in known:  # the letters were large, or an underscore was written for a dash
        yield name
    elif SYNONYMS.get(name) in known:
        yield SYNONYMS[name]
    else:
        yield from (each for each in known if len(name) > 1 and each.startswith(name))
        yield from difflib.get_close_matches(name, known, n=MOST, cutoff=NEARNESS)
