"""The 300 tasks of references/tasks.json, and how far doya is from their answers.

cd tests && python -m task_cases      # a table of the largest errors
"""

import collections
import json
import math
import pathlib

import mpmath
import numpy as np
from mpmath import mpf

import doya

CASES = json.loads((pathlib.Path(__file__).parent / "references" / "tasks.json").read_text())


def neuron_of(case, shape=()):
    """The neuron of a case, or an ensemble of equal ones."""
    more = {"input_weight": case["input_weight"], "input_to": case["input_to"]}
    w = np.full(shape, case["w"])
    if case["dynamics"] == "flow":
        return doya.NeuronODE(w, case["b"], **more)
    return doya.NeuronMap(w, case["b"], epsilon=case["epsilon"], **more)


def input_of(kind, given):
    """The input of a sequence of the flow, as doya takes it."""
    if kind == "number":
        return given
    if kind == "pulses":
        return doya.Pulses(given)
    return doya.Table(*given) if kind == "table" else doya.Ramp(*given)


def task_of(case):
    """The task of a case."""
    inputs, targets, weights, t_end = (case[k] for k in ("inputs", "targets", "weights", "times"))
    if case["dynamics"] == "flow":
        inputs = [input_of(*each) for each in inputs]
    if case["kind"] == "tables":
        targets, t_end = [doya.Table(*each) for each in targets], t_end[0]
    elif case["kind"] == "end":
        targets, weights = np.ravel(targets), np.ravel(weights)
        t_end = None if case["dynamics"] == "map" else t_end[0]
    elif case["kind"] == "steps":
        t_end = None
    return doya.Task(inputs, targets, weights, x0=case["x0"], t_end=t_end)


def errors(case):
    """Errors of the loss and of its derivatives by name, relative to value and condition."""
    names = [name for name in case["answer"] if name != "loss"]
    found = doya.task_gradient(neuron_of(case), task_of(case), names)
    got = {"loss": found.loss, **found.gradient}
    with mpmath.workdps(40):
        off = {}
        for name, text in case["answer"].items():
            exact = mpf(text)
            size = abs(exact) + case["condition"][name]
            error = abs(mpf(float(got[name])) - exact)
            off[name] = float(error / size) if size else float(error)
    return off


if __name__ == "__main__":
    worst = collections.defaultdict(lambda: (0.0, -1))
    for k, each in enumerate(CASES):
        for name, error in errors(each).items():
            key = f"{each['dynamics']:5}{each['kind']:8}{each['input_to']:7}{name}"
            worst[key] = max(worst[key], (error if error == error else math.inf, k))
    for key in sorted(worst):
        print(f"{key:34}{worst[key][0]:.1e} {worst[key][1]}")
