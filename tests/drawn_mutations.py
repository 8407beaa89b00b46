"""More changes as in `mutations.py`: of networks, pictures and the shell, and some by a seed."""

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
    Subject("doya/networks/initialisations.py", "test_initialisations.py", [
        ("3.6 / math.sqrt(shape[-1])", "3.6 / math.sqrt(shape[-2])"),
        ("math.sqrt(2.0 / shape[-1])", "math.sqrt(2.0 / shape[-2])"),
    ]),
    Subject("doya/networks/backpropagation.py", "test_networks.py test_backpropagation.py", [
        ("part * sums[-1])) + 1", "part * sums[-1]))"),
    ]),
    Subject("doya/networks/remedies.py", "test_remedies.py", [
        ("np.where(unit.b == 0.0, np.sign(unit.w) * x, unit.z(x))", "unit.z(x)"),
        ("_normal(by_gates + by_candidate)", "(by_gates + by_candidate)"),
        ("np.maximum(SMALLEST, size)", "size"),
    ]),
    Subject("doya/networks/random_networks.py", "test_initialisations.py", [
        ("STABILISER = 1e-5", "STABILISER = 1e-3"),
        ("np.where(np.isnan(found), -np.inf, found)", "found"),
        ("np.ldexp(a, -exponent)", "np.ldexp(a, 0 * exponent)"),
    ]),
    Subject("doya/plots/heat_maps.py", "test_landscape_plots.py", [
        ("value[:-1] + 0.5 * np.diff(value)", "value[:-1] + 0.25 * np.diff(value)"),
    ]),
    Subject("doya/plots/labels.py", "test_plots.py test_landscape_plots.py", [
        ("places + least - 2", "places + least - 3"),
    ]),
    Subject("cli/doya_cli/commands/network.py", "test_network_command.py", [
        ("log10_singular_values[:, -1],", "log10_singular_values[:, 0],"),
    ]),
    Subject("cli/doya_cli/commands/orbit.py", "test_orbit_command.py", [
        ("(lyapunov > error).sum()", "(lyapunov > 0.0).sum()"),
    ]),
]
