"""Small changes that change an answer, for `mutants.py`: by file, with the tests that must notice.

A change is a line: the old text, which the file holds exactly once, and the new one.  One that can
be proved to change no answer has no place here.
"""

from typing import NamedTuple


class Subject(NamedTuple):
    """A file, its test files, the changes, and which of the tests run (as pytest's -k has it)."""

    file: str
    tests: str
    changes: list[tuple[str, str]]
    only: str = ""


# fmt: off
SUBJECTS = [
    Subject("doya/inputs.py", "test_inputs.py", [
        ("np.append(np.diff(start) > 0.0, True)", "np.append(True, np.diff(start) > 0.0)"),
    ]),
    Subject("doya/trajectories.py", "test_simulate.py test_inputs.py", [
        ("(at > flat(pieces.spoiled, shape)", "(at >= flat(pieces.spoiled, shape)"),
    ]),
    Subject("doya/scaled.py", "test_scaled.py test_backpropagation.py", [
        ("> 600.0)", "> 6000.0)"),
        ("np.where(top > -math.inf, top, 0.0)", "np.where(top > 0.0, top, 0.0)"),
    ]),
    Subject("doya/bifurcations/points.py", "test_bifurcations.py test_closed_forms.py", [
        ("FIRST_FLIP = -4.0", "FIRST_FLIP = -5.0"),
        ("if low <= at.value <= high]", "if low < at.value <= high]"),
    ]),
    Subject("doya/bifurcations/closed_forms.py", "test_closed_forms.py test_bifurcations.py", [
        ("* kappa < 0:", "* kappa <= 0:"),
        ("if fall >= TWO else", "if fall > TWO else"),
    ]),
    Subject("doya/bifurcations/branches.py", "test_diagrams.py", [
        ("is_stable(flow_eigenvalue, 0.5 * (low + high))", "is_stable(flow_eigenvalue, high)"),
    ]),
    Subject("doya/bifurcations/diagrams.py", "test_diagrams.py", [
        ("(2.0 if over == \"w\" else 3.0)", "3.0"),
    ]),
    Subject("doya/bifurcations/lines.py", "test_constant_input.py", [
        ("if not -1 < self.beta < 0 else", "if True else"),
        ("if low < 0 < high and", "if low < 0 > high and"),
    ]),
    Subject("doya/bifurcations/swept.py", "test_constant_input.py", [
        ('self.over == "u" and not self.inside and float(self.neuron.w) < 0.0', "False"),
    ]),
    Subject("doya/shifts.py", "test_constant_input_orbits.py", [
        ("bias = b + w * shift", "bias = b - w * shift"),
    ]),
    Subject("doya/orbits/cascades.py", "test_constant_input_orbits.py", [
        ("value -= float(neuron.w) * shift", "value += float(neuron.w) * shift"),
        ("each.period > 1 or each.kind == LOST", "True"),
    ]),
    Subject("doya/bifurcations/curves.py", "test_curves.py", [
        ("_resolve(along_w, along_b, kappa, swept, z)", "pass"),
        ("there = high > low", "there = high >= low"),
    ]),
    Subject("doya/kernels/equilibria.py", "test_equilibria.py test_beside_the_cusp.py", [
        ("    elif b == fold:\n        m = put(s", "    elif b >= fold:\n        m = put(s"),
        ("if slope > HALF_ULP else HALF_ULP", "if slope > HALF_ULP else 0.0"),
        ("* big_z - cusp_bend(w, big_z)", "* big_z + cusp_bend(w, big_z)"),
    ]),
    Subject("doya/kernels/numbers/logistic.py", "test_conversions.py test_constant_input.py", [
        ("np.where(np.less(p, q), -size, size)", "size"),
        ("np.where(x < 0.25, ", "np.where(x < 0.75, "),
    ]),
    Subject("doya/kernels/numbers/x_numbers.py", "test_kernels.py test_map_sensitivity_kernel.py", [
        ("larger[1] - smaller[1] > 1.0", "larger[1] - smaller[1] > 0.0"),
        ("-2.0 - less_one", "less_one"),
    ]),
    Subject("doya/integrators/ensembles.py", "test_simulate.py test_trajectories.py", [
        ('edges[:-1], side="right") - 1', 'edges[1:], side="right") - 1'),
    ]),
    Subject("doya/integrators/formula.py", "test_trajectories.py test_simulate.py", [
        ("if local.all() else np.where(local == 0.0, x[:, np.newaxis], found)", ""),
    ]),
    Subject("doya/integrators/functions.py", "test_simulate.py test_sensitivities.py", [
        ("LONGEST_STEP = 0.25", "LONGEST_STEP = 25.0"),
    ]),
    Subject("doya/integrators/steps.py", "test_simulate.py test_steppers.py", [
        ("np.ceil(lengths / step * (1.0 - 1e-12))", "np.ceil(lengths / step)"),
    ]),
    Subject("doya/integrators/sensitivities.py", "test_sensitivities.py test_large_inputs.py", [
        (' + piece.by["b"].times(shift)', ""),
    ]),
    Subject("doya/kernels/flow/formula.py", "test_trajectories.py test_large_inputs.py", [
        ("soon = 1e-8 / (1.0", "soon = 1e-2 / (1.0"),
        ("SETTLED = 14.0", "SETTLED = 4.0"),
        ("bend = -0.5 * w * ((1.0", "bend = 0.5 * w * ((1.0"),
        ("(1.0 + 0.5 * times[j] * w * slope)", "(1.0 - 0.5 * times[j] * w * slope)"),
    ]),
    Subject("doya/kernels/training/task_gradients.py",
            "test_task_kernel.py test_task_gradients.py test_targets_of_z.py", [
        ("add(times(direct, x_number(x)), FOR_SLOPE", "add(direct, FOR_SLOPE"),
        ("by_w[i] += push[i] * (kept[i] * state[i] + drawn[i])", "by_w[i] += push[i] * state[i]"),
        ("push[i] * inner[i] + p[i] * gain[i]", "push[i] * inner[i]"),
        ("int(number[i])][i] += push[i] * inner[i]", "int(number[i])][i] += push[i]"),
        ("rows[POWER][i] -= 1.0", "rows[POWER][i] += 1.0"),
        ("if moved > 0 and is_aimed:", "if False:"),
    ]),
    Subject("doya/kernels/training/task_sweeps.py", "test_task_kernel.py", [
        ("last = max(t - most, 0)", "last = max(t - most - 1, 0)"),
        ("p = times(p, x_number(kept))", "p = times(p, x_number(1.0))"),
        ("x_number(unit.inner if inside else unit.outer)", "x_number(unit.outer)"),
    ]),
    Subject("doya/kernels/training/task_columns.py", "test_task_kernel.py", [
        ("if aims.alpha > 0.0 and t % aims.every == 0 else -1", "if aims.alpha > 0.0 else -1"),
        ("return drive.values[number][neuron_of(drive, i)]", "return drive.values[number][i]"),
        ("return drive.sequence + (i if drive.wide else 0)", "return drive.sequence"),
    ]),
    Subject("doya/tasks/step_tasks.py", "test_targets_of_z.py", [
        ('found["w"] + found["slope"]', 'found["w"]'),
        ("height=np.array(self.b)", "height=0.0 * self.b"),
    ]),
    Subject("doya/tasks/path_panels.py", "test_task_integrals.py", [
        ("times = _crossings(group, p, x, length, call)", "times = np.zeros((x.size, 1))"),
    ]),
    Subject("doya/kernels/flow/departures.py", "test_large_inputs.py", [
        ("CONSTANT = 40.0", "CONSTANT = 20.0"),
    ]),
    Subject("doya/kernels/flow/sensitivities.py", "test_sensitivities.py", [
        ("return -math.inf, by_b, xt * by_b", "return -math.inf, by_b, x0 * by_b"),
    ]),
    Subject("doya/kernels/flow/legs.py", "test_sensitivities.py", [
        ("NOTHING = 45.0", "NOTHING = 15.0"),
    ]),
    Subject("doya/kernels/flow/variational.py", "test_sensitivities.py", [
        ("slope * x", "slope"),
    ]),
    Subject("doya/kernels/flow/steppers.py", "test_steppers.py test_simulate.py", [
        ("tried[lane] == max_steps", "tried[lane] > max_steps"),
    ]),
    Subject("doya/kernels/map/input_jumps.py", "test_input_inside.py", [
        ("given[i] - jump[i]", "given[i] + jump[i]"),
    ]),
    Subject("doya/kernels/map/sensitivities.py", "test_map_sensitivity_kernel.py", [
        ("some_stand = True\n                    if", "some_stand = False\n                    if"),
    ]),
    Subject("doya/kernels/map/lyapunov.py", "test_lyapunov.py", [
        ("if 2 * k < BATCHES else 0.0", "if 2 * k <= BATCHES else 0.0"),
        ("BATCHES / (BATCHES - 1)", "1.0"),
    ]),
    Subject("doya/orbits/laps.py", "test_cycles.py", [
        ("curl -= slope", "curl += slope"),
    ]),
    Subject("doya/kernels/products.py", "test_products.py", [
        ("ORTHOGONAL = 2.0**-52", "ORTHOGONAL = 2.0**-26"),
    ]),
    Subject("doya/kernels/training/descent.py", "test_descent_kernel.py test_training.py", [
        ("before[i] = 0.0 if turned < 0.0", "before[i] = 0.0 if turned <= 0.0"),
        ("math.sqrt(kept) * before", "kept * before"),
        ("TIMES_MEAN * (more[NORMS][i]", "(more[NORMS][i]"),
        ("2.0 * by_square * weight", "by_square * weight"),
        ("> math.log(clip)", ">= math.log(clip)"),
        ("abs(now[k][i] + change) <= LARGEST", "abs(now[k][i]) <= LARGEST"),
    ]),
    Subject("doya/kernels/training/map_descents.py", "test_map_descents.py test_descent_ends.py", [
        ("CLEARLY = 0.999", "CLEARLY = 1.5"),
        ("min(length, last - first)", "length"),
        ("n * whole + taken[n] - first", "n * whole + taken[n]"),
        ("rests: bool = stays & (rows[MAY_REST + i] != 0.0)", "rests: bool = stays"),
    ]),
    Subject("doya/training/end_records.py", "test_descent_ends.py", [
        ("last = count[lanes] - 1", "last = 0 * count[lanes]"),
        ("self.count[have_ended] = self.steps + 1", "pass"),
        ("np.fmax(self.largest, np.fmax.reduce", "np.fmin(self.largest, np.fmax.reduce"),
    ]),
    Subject("doya/orbits/attractors.py", "test_map_attractors.py", [
        (">= MIXED * SAMPLE", "< MIXED * SAMPLE"),
        ("new[k, some] &= ~_meet", "new[k, some] &= _meet"),
    ]),
    Subject("doya/sweeps/chunks.py", "test_sweep_chunks.py test_sweeps.py", [
        ("lengths.index(max(lengths))", "len(lengths) - 1 - lengths[::-1].index(max(lengths))"),
        ("min((k + 1) * length, n)", "(k + 1) * length"),
        ("int(most * sizes[axis] //", "int(2 * most * sizes[axis] //"),
    ], only="chunks or longest"),
    Subject("doya/sweeps/computing.py", "test_sweeps.py", [
        ("where=status == SweepStatus.DONE", "where=True"),
        ("_note(views[STATUS], np.int8(SweepStatus.OUTSIDE))", "pass"),
    ]),
    Subject("doya/sweeps/losses.py", "test_sweeps.py", [
        ('swept["u"] * swept["input_weight"]', 'swept["u"]'),
        ("named = {name: by[key]", "named = {name: 2.0 * by[key]"),
    ], only="loss or weight"),
    Subject("doya/sweeps/quantities.py", "test_sweeps.py test_sweep_times.py", [
        ("    x[order] = found", "    x[:] = found"),
        ("(t_end.ndim - x.ndim)", "0"),
        ("error = x - question.at", "error = x + question.at"),
        ("np.count_nonzero(found.stable, axis=-1)", "found.count"),
        ("TrainingStatus.NOT_FINITE: SweepStatus.NOT_FINITE", "TrainingStatus.NOT_FINITE: 0"),
        ("x[..., : found.x.shape[-1]] = found.x", "x[..., : found.x.shape[-1]] = found.z"),
    ]),
    Subject("doya/sweeps/plans.py", "test_sweep_chunks.py test_sweeps.py test_sweep_stores.py", [
        ("items() if name not in over}", "items()}"),
        ("if np.unique(axis).size < axis.size:", "if False:"),
        ("if value.size <= LISTED else", "if True else"),
        ("min(most, plan._cells_in_time, ", "min(most, "),
        (", LARGEST / plan.bytes_a_cell)", ")"),
        ("max(SECONDS / seconds, FEW)", "SECONDS / seconds"),
        ("if is_map else 0.0", "if False else 0.0"),
        ("if _digested(axis) != known:", "if False:"),
    ]),
    Subject("doya/sweeps/differences.py", "test_sweeps.py", [
        ("if not name and list(one) != list(other):", "if False:"),
    ]),
    Subject("doya/sweeps/runs.py", "test_sweeps.py test_sweep_stores.py test_sweep_command.py", [
        ("np.arange(first, store.plan.chunks, of)", "np.arange(first, store.plan.chunks)"),
        ("Share(mine.size, mine[~store.done()[mine]])", "Share(mine.size, mine)"),
        ("if not 1 <= k <= n:", "if not 0 <= k <= n:"),
        ("store.note_failure(chunk, words)", "pass"),
        ("map(operator.index, part)", "map(int, part)"),
    ]),
    Subject("doya/sweeps/stores.py", "test_sweep_stores.py test_sweeps.py", [
        ('with_config({"write_empty_chunks": True})', 'with_config({"write_empty_chunks": False})'),
        ('config={"write_empty_chunks": True},', ''),
        ("if different:", "if False:"),
        ("endings = [self._ending(name) for name in self.plan.variables]", "endings = []"),
        ("if name + end in each}", "if name in each}"),
        ("index[(index < grid).all(axis=1)]", "index[(index < grid).any(axis=1)]"),
        ('if name.endswith(".partial"):', "if False:"),
        ("!= doya.__version__ and not any_version", "!= doya.__version__ and False"),
        ("self._failure(chunk).unlink(missing_ok=True)", "pass"),
    ]),
    Subject("cli/doya_cli/sweep_plans.py", "test_sweep_command.py", [
        ("np.geomspace(*given", "np.linspace(*given"),
        ("if not 0.0 < low <= high < math.inf:", "if False:"),
        ("if not is_rounded and parts.size:", "if parts.size:"),
        ("if not (low.is_integer() and high.is_integer()):", "if not low.is_integer():"),
        ("if (high - low) % (n - 1) == 0)", "if (high - low) % n == 0)"),
        ("if is_rounded and has_one_twice(many):", "if False:"),
        ("if np.any(values[1:] <= values[:-1]):", "if False:"),
        ("if name in over:", "if False:"),
        ("key in written and (key", "(key"),
    ]),
    Subject("doya/training/bifurcations.py", "test_passed_bifurcations.py", [
        ("(2.0 + e + 1.0 / e) - w0)", "(2.0 + e - 1.0 / e) - w0)"),
        ("(before != 0.0) | (low == 0.0)", "before != 0.0"),
        ("1.0 - x if upper else x", "x"),
    ]),
    Subject("doya/training/initialisation_maps.py", "test_initialisation_maps.py", [
        ("stuck = ~(loss <= (1.0 - LITTLE) * before)", "stuck = ~(loss <= before)"),
        ("self.steps_taken[part], self.outcome[part]", "self.steps_taken[:], self.outcome[part]"),
    ]),
    Subject("doya/tasks/teacher_forcing.py", "test_teacher_landscapes.py test_training.py", [
        ("0.25 * epsilon * w", "0.2 * epsilon * w"),
        ("weights[0, -1] = 1.0", "weights[0, :] = 1.0"),
        ('"w": scale * scale', '"w": scale'),
    ]),
    Subject("doya/plots/training_equilibria.py", "test_training_equilibria.py", [
        ('is_stable else "--"', 'is_stable else "-"'),
    ]),
    Subject("doya/training/trials.py", "test_search.py", [
        ("low * (1.0 - part) + high * part", "low * part + high * (1.0 - part)"),
        ("atol=-1.0", "atol=0.0"),
    ]),
    Subject("doya/training/trial_losses.py", "test_search.py", [
        ("input_to=own.input_to", 'input_to="state"'),
    ]),
    Subject("doya/tasks/latches.py", "test_ready_tasks.py", [
        ("0.5 * (1.0 + np.where(kind == 0, target, -target))",
         "0.5 * np.where(kind == 0, target, -target)"),
        ("most + 1, count", "most, count"),
    ]),
    Subject("doya/tasks/delays.py", "test_ready_tasks.py", [
        ("targets[:, count - 1 :]", "targets[:, -(shape[1] - count + 1) :][:, ::-1]"),
    ]),
    Subject("doya/tasks/oscillations.py", "test_ready_tasks.py", [
        ("np.arange(shape[1]) % 2 == 0, high, low", "np.arange(shape[1]) % 2 == 0, low, high"),
    ]),
    Subject("doya/tasks/sequences.py", "test_ready_tasks.py", [
        ("width = math.sqrt(", "width = ("),
    ]),
    Subject("doya/tasks/slopes.py", "test_task_gradients.py test_targets_of_z.py", [
        ("math.nan, 1.0 / count)", "math.nan, 1.0)"),
        ('side="right")]', 'side="left")]'),
    ]),
    Subject("doya/tasks/task.py",
            "test_tasks.py test_targets_of_z.py test_targets_of_states.py test_task_training.py", [
        ("np.arange(1.0, steps + 1.0)", "np.arange(0.0, steps)"),
        ('("inputs", "targets", "weights", "x0", "t_end", "variable")',
         '("inputs", "targets", "weights", "x0", "t_end")'),
        ("if places[k].any()}", "}"),
    ]),
    Subject("doya/tasks/gradients.py", "test_targets_of_states.py", [
        ("usual_letters(conversion) if wrt is None", "letters_of(conversion) if wrt is None"),
    ]),
    Subject("doya/training/rules.py", "test_training.py test_optimizers.py", [
        ("state[:parameters] = settings[descent.RATE]", "state[:parameters] = 1.0"),
        ('if rule == "sign" else {}', "if False else {}"),
    ]),
    Subject("doya/training/records.py", "test_training.py test_descent_kernel.py", [
        ("-1 if self._has_teacher else LOSS", "LOSS"),
        ("[:, descent.CLIPPED].T == 1.0", "[:, descent.CLIPPED].T == 0.0"),
    ]),
    Subject("doya/training/steps.py", "test_training.py test_learned_parameters.py", [
        ("factor = group.epsilon if self.is_map", "factor = 1.0 if self.is_map"),
    ]),
    Subject("doya/training/letters.py", "test_letters_training.py", [
        ("now[:, outside] = group.allowed[:, outside]", "pass"),
    ]),
    Subject("doya/training/map_descents.py", "test_map_descents.py", [
        ("self.taken[lanes] += 1", "self.taken[lanes] += 2"),
    ]),
    Subject("doya/training/training.py", "test_training.py test_training_equilibria.py", [
        ("np.isfinite(self.loss).sum(axis=-1) - 1, 0)", "np.isfinite(self.loss).sum(axis=-1), 0)"),
        ("bias = b + (given if neuron.input_inside", "bias = b + (0.0 if neuron.input_inside"),
    ]),
    Subject("doya/training/verdict.py", "test_verdict.py", [
        ("max(way, HALF * length[longest])", "way"),
        ("if free[-1] > WORSE * free[least]:", "if free[-1] > free[least]:"),
    ]),
    Subject("doya/training/search.py", "test_search.py", [
        ("np.where(np.isfinite(self.losses), self.losses, math.inf)", "self.losses"),
    ]),
    Subject("doya/training/arguments.py", "test_task_training.py", [
        ("if every > 1 and not alpha:", "if False:"),
    ]),
    Subject("doya/tasks/flip_flops.py", "test_ready_tasks.py", [
        ("is_pulse[:, 0] = True", "is_pulse[:, 1] = True"),
    ]),
    Subject("doya/training/tasks.py", "test_task_training.py", [
        ("shares[0, -1] = 1.0", "shares[0, 0] = 1.0"),
        ("if self.forcing.alpha:", "if False:"),
        ('rows["x0"] + start, pieces', "start, pieces"),
    ]),
    Subject("doya/conversions/rates.py", "test_letters_training.py", [
        ("return x + self.rest / slope", "return x"),
    ]),
    Subject("doya/tasks/letters.py", "test_targets_of_states.py", [
        ("places=task.places[before] - 1", "places=task.places[before]"),
        ('factors["slope"] = np.asarray(at_one[name]) - at_zero[name]', "pass"),
        ("by[\"x0\"].times_or_0(start.by_state)", "by[\"x0\"]"),
        ("float(task.x0), start.x_of(conversion)", "*2 * (start.x_of(conversion),)"),
        ("1.0 / len(task.inputs) if np.ndim(task.x0) else 1.0", "1.0"),
    ]),
    Subject("doya/tasks/arguments.py", "test_shared_inputs.py test_tasks.py", [
        ("axis=0).max() > 1", "axis=0).max() > 2"),
        ("if low != high:", "if low > high:"),
    ]),
    Subject("doya/training/letter_tasks.py", "test_targets_of_states.py", [
        ("LOSS_ALONE, group.shared)", "self.forcing, group.shared)"),
    ]),
    Subject("doya/training/grouped_ends.py", "test_ends_of_descents.py", [
        ("(done + part * own) / size", "part * own / size"),
        ("where(own.spoiled < ends,", "where(own.spoiled > ends,"),
        ("bool(ends.is_map or ends.function)", "bool(ends.is_map)"),
    ]),
    Subject("doya/sensitivities/profiles.py", "test_profiles.py test_sensitivity_plots.py", [
        ("noise / abs(self.delta)", "noise / self.delta"),
        ("off & (np.abs(quotient * self.delta)", "off & (np.abs(quotient + self.delta)"),
    ]),
    Subject("doya/sensitivities/sweeps.py", "test_profiles.py test_sensitivity_plots.py", [
        ("NEAR_PEAK = 0.004", "NEAR_PEAK = 0.4"),
        ("np.where(inside, delta, -delta)", "np.where(inside, delta, delta)"),
    ]),
    Subject("doya/sensitivities/settled.py", "test_sensitivities.py test_flips.py", [
        ("zero = np.where(stable, 0.0, math.nan)", "zero = np.zeros(np.shape(stable))"),
    ]),
    Subject("doya/landscapes/curves.py", "test_loss_curves.py", [
        ("if math.isinf(loss.t_end):", "if False:"),
        ("(np.sign(off[0]) != np.sign(off[1])) & (", "("),
        ("(np.diff(np.sign(slope)) > 0.0)", "(np.diff(np.sign(slope)) < 0.0)"),
        ("np.stack([by[over], loss.gradient(x, by)[over]])", "np.stack([by[over], by[over]])"),
    ]),
    Subject("doya/landscapes/wall_search.py", "test_walls.py", [
        ("rises, below, above), np.where(rises, above, below)",
         "rises, above, below), np.where(rises, below, above)"),
    ]),
    Subject("doya/landscapes/phases.py", "test_phase_walls.py", [
        (' | ((over == "w") & (x0 < 0.0))', ""),
    ]),
    Subject("doya/landscapes/preimages.py", "test_preimage_walls.py", [
        ("upper_below ^ (part == 1)", "upper_below"),
    ]),
    Subject("doya/landscapes/preimage_scan.py", "test_preimage_walls.py", [
        ("self.by_w * now.y + self.by_bias", "self.by_w + self.by_bias"),
    ]),
    Subject("doya/landscapes/searches.py", "test_walls.py test_landscapes.py test_phase_walls.py", [
        ("before + after - 2.0 * loss.target", "before + after - loss.target"),
    ]),
    Subject("doya/landscapes/crossings.py", "test_crossings.py", [
        ("begins = (before != 0.0) | (low == 0.0)", "begins = before != 0.0"),
        ("w * start * (1.0 - start) < phases", "w * start * (1.0 - start) > phases"),
        ("np.clip(start, lower, 1.0 - lower)", "start"),
    ]),
    Subject("doya/checks.py", "test_conversions.py", [
        ("(value >= 0.0) & (value < 1.0)", "(value >= 0.0) & (value <= 1.0)"),
    ]),
    Subject("doya/conversions/author.py", "test_conversions.py", [
        ("1.0 - (1.0 - epsilon)", "epsilon"),
    ]),
    Subject("doya/conversions/sums.py", "test_conversions.py", [
        ("return rounded, error", "return rounded, 0.0 * error"),
    ]),
]
