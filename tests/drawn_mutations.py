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
    Subject("doya/kernels/map/gradients.py", "test_map_gradients.py", [
        ("rows[COUNT + i] = rows[LEFT + i]", "rows[COUNT + i] = steps"),
        ("trusted = abs(rows[W + i]) * largest +", "trusted = 0.0 * largest +"),
    ]),
    Subject("doya/integrators/gradients.py", "test_map_descents.py", [
        ("if by_w or bare.all() or not bare.any():", "if True:"),
    ]),
    Subject("doya/training/map_descents.py", "test_map_descents.py", [
        ('if "w" not in learn and bare.any() and not bare.all():', "if False:"),
    ]),
    Subject("doya/training/usual_rates.py", "test_train_command.py", [
        ("RATE, LENGTH = 2.0, 0.1", "RATE, LENGTH = 2.0, 2.0"),
        ('("adagrad", "rmsprop", "adam")', '("adagrad", "adam")'),
    ]),
    Subject("doya/training/verdict.py", "test_verdict.py", [
        ("if largest == 0.0:", "if False:"),
        ('in_doya and "epsilon" in path and', '"epsilon" in path and'),
    ]),
    Subject("doya/kernels/training/task_gradients.py", "test_task_kernel.py", [
        ("UNIT, INVERSE_UNIT = 2.0**320, 2.0**-320", "UNIT, INVERSE_UNIT = 2.0**320, 2.0**-319"),
        ("UNIT if thirds > 1.0 else 1.0", "1.0"),
    ]),
    Subject("doya/kernels/training/task_states.py", "test_task_kernel.py", [
        ("if i == 0 or drive.wide:", "if i == 0:"),
    ]),
    Subject("doya/landscapes/task_cells.py", "test_letters_task_landscapes.py", [
        ("forcing = Forcing(alpha, most", "forcing = Forcing(0.0, most"),
        ("if AUTHORS[conversion.author].loses not in axes:", "if False:"),
        ("names, alpha, along)", "names, alpha)"),
    ]),
    Subject("doya/tasks/letters.py", "test_targets_of_states.py", [
        ('if name not in ("slope", "height")', "if name"),
    ]),
    Subject("doya/training/tasks.py", "test_task_training.py", [
        ("LOSS_ALONE, call).loss if self.forcing.alpha", "LOSS_ALONE, call).loss if False"),
    ]),
]
