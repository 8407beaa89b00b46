"""The 200 driven neurons of references/driven.json, and how far doya is from their answers.

cd tests && python -m driven_cases      # a table of the largest errors
"""

import collections
import json
import pathlib

import mpmath
import numpy as np
from mpmath import mpf

import doya

CASES = json.loads((pathlib.Path(__file__).parent / "references" / "driven.json").read_text())


def neuron_of(case):
    """The neuron of a case."""
    more = {"input_weight": case["input_weight"], "input_to": case["input_to"]}
    if case["dynamics"] == "flow":
        return doya.NeuronODE(case["w"], case["b"], **more)
    return doya.NeuronMap(case["w"], case["b"], epsilon=case["epsilon"], **more)


def input_of(case):
    """The input of a case, as doya takes it."""
    numbers = case["input"]
    if case["kind"] == "steps":
        return np.array(numbers[: case["t_end"]])
    if case["kind"] == "pulses":
        return doya.Pulses(numbers)
    return doya.Table(*numbers) if case["kind"] == "table" else doya.Ramp(*numbers)


def errors(case):
    """Errors of x(T) and of its derivatives by name.

    That of x(T) is relative to the largest derivative, or 1; those of derivatives are relative to
    themselves, or to 1e-9 of the largest.
    """
    neuron, u, names = neuron_of(case), input_of(case), [*case["derivative"]]
    with mpmath.workdps(40):
        exact = {name: mpf(text) for name, text in case["derivative"].items()}
        largest = max([mpf(1), *map(abs, exact.values())])

        def off(got, wanted, size):
            return float(abs(mpf(float(got)) - wanted) / max(abs(wanted), size))

        found = doya.sensitivity(neuron, case["x0"], case["t_end"], names, u)
        final = doya.final_state(neuron, case["x0"], case["t_end"], u)
        all_off = {
            name: off(found.derivative[name], exact[name], largest * mpf("1e-9")) for name in names
        }
        x = mpf(case["x"])
        all_off["x"] = float(max(abs(mpf(float(each)) - x) for each in (found.x, final)) / largest)
        if "by_input" in case:
            by_input = doya.sensitivity(neuron, case["x0"], case["t_end"], "u", u).derivative["u"]
            wanted = map(mpf, case["by_input"])
            pairs = zip(by_input, wanted, strict=True)
            all_off["u"] = max(off(got, each, mpf("1e-12")) for got, each in pairs)
    return all_off


if __name__ == "__main__":
    worst = collections.defaultdict(float)
    for each in CASES:
        for name, error in errors(each).items():
            key = f"{each['dynamics']:5}{each['kind']:8}{each['input_to']:7}{name}"
            worst[key] = max(worst[key], error)
    for key in sorted(worst):
        print(f"{key:34}{worst[key]:.1e}")
