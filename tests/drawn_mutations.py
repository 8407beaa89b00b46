"""More changes as in `mutations.py`: those of 43 drawn by a seed that no test noticed at first."""

from mutations import Subject

# fmt: off
DRAWN = [
    Subject("doya/kernels/equilibria.py", "test_equilibria.py", [
        ("    if w <= 4.0:\n        if b", "    if w < 4.0:\n        if b"),
    ]),
    Subject("doya/kernels/flow/step_control.py", "test_steppers.py", [
        ("0.01 * (low * low)\n    if both", "0.01 / (low * low)\n    if both"),
    ]),
    Subject("doya/crossing_times.py", "test_crossing_times.py", [
        ("if values.ndim else most + 1", "if values.ndim else most - 1"),
    ]),
    Subject("doya/orbits/diagrams.py", "test_constant_input_orbits.py", [
        ("starts[:, np.newaxis] - shift)", "starts[:, np.newaxis] + shift)"),
    ]),
    Subject("doya/bifurcations/letter_sweeps.py", "test_letters.py", [
        ("1.0 / abs(float(swept.way.b1", "2.0 / abs(float(swept.way.b1"),
    ]),
    Subject("doya/bifurcations/letter_curves.py", "test_letters_curves.py", [
        ("MARGIN = 1.0 / 3.0", "MARGIN = 2.0 / 3.0"),
    ]),
    Subject("doya/sensitivities/derivatives.py", "test_sensitivities.py", [
        ("(end.ndim or end > MOST_STEPS)", "end.ndim"),
    ], only="wrong_arguments"),
]
