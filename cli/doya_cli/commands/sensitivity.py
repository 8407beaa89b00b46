"""doya sensitivity"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from doya_cli import models, options, values

if TYPE_CHECKING:
    from doya import Sensitivity, SensitivityProfile

# The values that a profile has for each derivative, by their keys in the result.
KINDS = ("derivative", "sign", "log10_abs", "finite_difference", "settled")


@options.command(
    "sensitivity --over b -3 -2 --t-end 50 --t-end inf",
    "sensitivity --x0 0.5 --pulse 5 8 0.5 --wrt w",
)
@options.weight_and_bias
@options.dynamics
@click.option(
    "--x0", type=values.Parameter("x0"), multiple=True,
    help="State at the start; repeat for several.  [default: 0.5; without --over, 0.5 and 0.6]",
)  # fmt: skip
@click.option(
    "--t-end", type=values.Number(), metavar="NUMBER", multiple=True, default=[50.0],
    help="End time T: at least 0 for the flow, a whole number of steps for the map.  With --over,"
    " the option can be repeated, and T of the flow can be inf.  [default: 50]",
)  # fmt: skip
@click.option(
    "--wrt", type=values.Choice(["b", "w", "x0", "epsilon"]), multiple=True, default=["b"],
    help="Differentiate with respect to this parameter; repeat for several.  x0 is always"
    " included.  [default: b]",
)  # fmt: skip
@click.option(
    "--order", type=values.Count(1, 2), metavar="N", default=1, show_default=True,
    help="Order of the derivatives, 1 or 2.  With 2, all second derivatives with respect to x0 and"
    " each --wrt are listed too.",
)  # fmt: skip
@options.sweep(
    "b",
    "w",
    "x0",
    "epsilon",
    "u",
    text="Parameter to sweep (b, w, x0, epsilon of the map, or the input u) and its range."
    "  [default: the time T, from 0 to --t-end]",
)
@options.points("Number of grid values, without those added near walls")
@click.option(
    "--delta", type=values.Parameter("delta"), default=1e-6, show_default=True,
    help="Change of the parameter in the finite difference, not 0.",
)  # fmt: skip
@options.pulses
@click.option("--input", "u", type=values.Parameter("u"), help="Constant input.")
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    x0: tuple[float, ...],
    t_end: tuple[float, ...],
    wrt: tuple[str, ...],
    order: int,
    over: dict[str, tuple[float, float]],
    points: int,
    delta: float,
    pulses: tuple[tuple[float, float, float], ...],
    ramp: tuple[float, float, float, float] | None,
    u: float | None,
    input_weight: float,
    input_to: str,
    **output: Any,
) -> None:
    """Compute sensitivities, the derivatives of x(T).

    The derivatives are with respect to x0 and to each parameter of --wrt.  Compares three values,
    here for b:

    \b
    dx/db         the exact derivative of x(T)
    finite diff.  the finite difference (x(T; b + DELTA) - x(T; b)) / DELTA
    settled       the derivative, with respect to b, of the stable equilibrium
                  that x(T) approaches, in closed form; none if it approaches none

    Draws them against T.  With --over, draws them against a parameter, and adds points at every
    wall.
    """
    neuron = models.neuron_of(dynamics, epsilon, w, b).replace(
        input_weight=input_weight, input_to=input_to
    )
    options.check_one_input(pulses, u, ramp)
    if len(over) > 1:
        raise click.UsageError("--over sweeps one parameter: give it once.")
    for option, names in (("--over", over), ("--wrt", wrt)):
        if "epsilon" in names and dynamics == "flow":
            raise click.UsageError(f"{option} epsilon needs --dynamics map; the flow has no step.")
    if not over and (len(t_end) > 1 or t_end[0] == math.inf):
        times = " and ".join(f"{each:g}" for each in t_end)
        raise click.UsageError(
            f"--t-end must be one finite time without --over, got {times}: add --over, for example"
            " --over b -3 -2."
        )
    swept, between = next(iter(over.items()), ("t", None))
    models.require_effect(swept, neuron)
    if swept == "u":
        for option, is_given in (("--pulse", pulses), ("--ramp", ramp)):
            if is_given:
                words = f"{option} and --over u both define the input: choose one."
                raise click.UsageError(words)
        u = None  # swept
    # At the default b the first start is on the wall, and the second is not.
    x0 = x0 or ((0.5,) if over else (0.5, 0.6))

    import doya
    from doya_cli.inputs import driven_by
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress

    driven = driven_by(pulses, u, dynamics == "map", ramp)
    try:
        with progress(output["quiet"]):
            profile = doya.sensitivity_profile(
                neuron, _alone(x0), _alone(t_end), wrt, swept, between,
                points=points, delta=delta, u=driven,
            )  # fmt: skip
            bent = _second(profile, driven) if order == 2 else []
    except ValueError as error:
        raise options.wrong_usage(error) from None

    def draw(figure: Any) -> None:
        from doya.plots.pages import page
        from doya.plots.sensitivities import height

        doya.plots.draw_sensitivity_profile(profile, page(figure, height(profile)))

    answer = Answer(
        command="sensitivity",
        parameters={
            "w": w,
            "b": b,
            **models.dynamics_parameters(neuron),
            "x0": x0,
            "t_end": tuple(map(int, t_end)) if dynamics == "map" else t_end,
            "wrt": profile.wrt,
            "order": order,
            **({models.own_option(swept): None, "over": [swept, *profile.between]} if over else {}),
            "points": points,
            "delta": delta,
            "pulse": tuple(map(list, pulses)),
            "ramp": list(ramp) if ramp else None,
            **models.input_parameters(u, neuron),
        },
        result=_result(profile) | _listed(profile, bent),
        table="\n\n".join(
            [_peaks(profile) if over else _ends(profile), *_bent_table(profile, bent)]
        ),
        columns=_columns(profile) | (_bent_columns(bent) if over else {}),
        draw=draw,
        notices=_notices(profile),
    )
    deliver(answer, **output)


def _alone(values: tuple[float, ...]) -> Any:
    """Return one value as a number, which adds no axis to the results, or several as a list."""
    return values[0] if len(values) == 1 else list(values)


def _second(profile: SensitivityProfile, u: Any) -> list[Sensitivity]:
    """Return the second derivatives of each curve: along the sweep, or at T."""
    import doya

    over, found = profile.over, []
    neuron, at = profile.neuron, profile.value
    if over in ("b", "w", "epsilon"):
        neuron = neuron.replace(**{over: at})
    for start, end in _curves(profile):
        x0 = at if over == "x0" else start
        drive = at if over == "u" else u
        if over == "u" and profile.neuron.dynamics == "map":
            drive = doya.Table([0.0], at[:, None])
        names = tuple(profile.derivative)
        found.append(doya.sensitivity(neuron, x0, end, names, drive, order=2))
    return found


def _pairs(bent: list[Sensitivity]) -> list[tuple[str, str]]:
    """Return each pair of names once."""
    return list(dict.fromkeys((min(pair), max(pair)) for pair in bent[0].second)) if bent else []


def _listed(profile: SensitivityProfile, bent: list[Sensitivity]) -> dict[str, Any]:
    """Return the second derivatives, their signs and logarithms, by pairs as "b,w"."""
    import numpy as np

    if not bent:
        return {}
    shape = profile.x.shape[:-1] + (() if profile.over == "t" else profile.value.shape)
    return {
        kind: {
            ",".join(pair): np.array([getattr(each, kind)[pair] for each in bent]).reshape(shape)
            for pair in _pairs(bent)
        }
        for kind in ("second", "second_sign", "second_log10_abs")
    }


def _bent_columns(bent: list[Sensitivity]) -> dict[str, Any]:
    """Return the second derivatives curve after curve."""
    import numpy as np

    return {
        f"second_{'_'.join(pair)}": np.concatenate([each.second[pair] for each in bent])
        for pair in _pairs(bent)
    }


def _bent_table(profile: SensitivityProfile, bent: list[Sensitivity]) -> list[str]:
    """Return a table of the second derivatives, at T or where they are largest; or none."""
    import numpy as np

    from doya_cli.tables import size, table

    if not bent:
        return []
    over = profile.over
    header, lines = ["x0", "T", *(f"d2x/d{p}d{q}" for p, q in _pairs(bent))], []
    if over != "t":
        header = ["x0", "T", "pair", "largest |d2x|", f"at {over}"]
    for (start, end), each in zip(_curves(profile), bent, strict=True):
        line: list[Any] = [start, end]
        for pair in _pairs(bent):
            logarithm, value = each.second_log10_abs[pair], each.second[pair]
            if over != "t":
                at = _largest(np.where(np.isnan(logarithm), -math.inf, logarithm))
                shown = size(logarithm[at], abs(value[at]))
                lines.append([None if over == "x0" else start, end, ",".join(pair), shown])
                lines[-1].append(profile.value[at])
            else:
                sign = "-" * int(each.second_sign[pair] < 0)
                line.append(sign + size(float(logarithm), abs(float(value))))
        if over == "t":
            lines.append(line)
    return [table(header, lines)]


def _result(profile: SensitivityProfile) -> dict[str, Any]:
    """Return the values along the sweep; against T, the last ones, and all of them apart."""
    along = {"x": profile.x} | {kind: getattr(profile, kind) for kind in KINDS}
    starts = {} if profile.over == "x0" else {"x0": profile.x0}
    if profile.over != "t":
        return {**starts, "t_end": profile.t_end, profile.over: profile.value, **along}
    last = {kind: {name: row[..., -1] for name, row in along[kind].items()} for kind in KINDS}
    return {
        **starts,
        "t_end": profile.t_end,
        "x": profile.x[..., -1],
        **last,
        "over_t": {"t": profile.value, **along},
    }


def _curves(profile: SensitivityProfile) -> list[tuple[float, float]]:
    """Return start and end of each curve, in the order of the profile's rows."""
    import numpy as np

    ends = np.atleast_1d(profile.t_end).tolist()
    return [(start, end) for start in np.atleast_1d(profile.x0).tolist() for end in ends]


def _rows(values: Any) -> Any:
    """Return one row per curve."""
    return values.reshape(-1, values.shape[-1])


def _ends(profile: SensitivityProfile) -> str:
    """Return a table with a row for each start: all values at T."""
    from doya_cli.tables import size, table

    header = ["x0", "x(T)"]
    for name in profile.derivative:
        header += [f"dx/d{name}"]
        header += ["finite diff.", "settled"] if name in profile.wrt else []
    lines: list[list[Any]] = []
    for k, (start, _) in enumerate(_curves(profile)):
        line = [start, _rows(profile.x)[k, -1]]
        for name in profile.derivative:
            exact, sign, logarithm, difference, settled = (
                _rows(getattr(profile, kind)[name])[k, -1] for kind in KINDS
            )
            line += ["-" * int(sign < 0) + size(logarithm, abs(exact))]
            line += [difference, _or_word(settled)] if name in profile.wrt else []
        lines.append(line)
    return table(header, lines)


def _peaks(profile: SensitivityProfile) -> str:
    """Return a table with a row for each curve: range of x, and the largest derivatives."""
    from doya_cli.tables import size, table

    over = profile.over
    header = ["T", "min x(T)", "max x(T)"]
    for name in profile.derivative:
        header += [f"max |dx/d{name}|", f"at {over}"]
    lines: list[list[Any]] = []
    for k, (start, end) in enumerate(_curves(profile)):
        x = _rows(profile.x)[k]
        line = [start] * (over != "x0") + [end, x.min(), x.max()]
        for name in profile.derivative:
            logarithm = _rows(profile.log10_abs[name])[k]
            at = _largest(logarithm)
            largest = abs(_rows(profile.derivative[name])[k, at])
            line += [size(logarithm[at], largest), profile.value[at] if largest else "every value"]
        lines.append(line)
    return table(["x0"] * (over != "x0") + header, lines)


def _or_word(value: float) -> float | str:
    """Return the number, or a word where the state settles in no stable equilibrium."""
    return "none" if math.isnan(value) else value


def _largest(row: Any) -> int:
    """Where it is; the middle of several, as where the width of a wall is below rounding."""
    import numpy as np

    tops = np.flatnonzero(row == row.max())
    return int(tops[tops.size // 2])


def _columns(profile: SensitivityProfile) -> dict[str, Any]:
    """Curve after curve, each row with its start and its end."""
    import numpy as np

    size = profile.value.size
    starts, ends = (np.repeat(each, size) for each in np.array(_curves(profile)).T)
    fixed = {"x0": starts, "t_end": ends}
    fixed.pop({"x0": "x0", "t": "t_end"}.get(profile.over, ""), None)
    return {
        **fixed,
        profile.over: np.tile(profile.value, len(starts) // size),
        "x": profile.x.ravel(),
    } | {
        f"{kind}_{name}": row.ravel()
        for name in profile.derivative
        for kind in KINDS
        for row in [getattr(profile, kind)[name]]
    }


def _notices(profile: SensitivityProfile) -> list[str]:
    """Say where the finite difference is not the derivative, and why."""
    import numpy as np

    from doya_cli.tables import number, size

    over, delta = profile.over, profile.delta
    shown = slice(-1, None) if over == "t" else slice(None)
    notices = []
    for name in profile.wrt:
        exact, quotient = profile.log10_abs[name][..., shown], profile.finite_difference[name]
        quotient = quotient[..., shown]
        torn, lost = (mask(name)[..., shown] for mask in (profile.torn, profile.rounded_away))
        parts = []
        if torn.any():
            at = np.unravel_index(np.argmax(np.where(torn, np.abs(quotient), 0.0)), torn.shape)
            most = abs(quotient[at])
            parts.append(
                f"The finite difference with respect to {name} is inexact{_where(torn, over)},"
                f" because a wall is near. Where the difference is largest, x(T) changes by"
                f" {abs(most * delta):.2g} between {name} and {name} + {delta:g}; the finite"
                f" difference is {number(most)}, but |dx/d{name}| is {size(exact[at])}."
            )
        if lost.any():
            parts.append(
                f"|dx/d{name}| is less than the rounding error {1.1e-16 / abs(delta):.0e} of the"
                f" finite difference{_where(lost, over)}: it is as small as"
                f" {size(np.min(exact[lost]))}."
            )
        if parts:
            notices.append(" ".join(parts))
    return notices


def _where(mask: Any, over: str) -> str:
    """Return at how many of the points, if there are several."""
    if mask.size == 1:
        return ""
    return f" at {mask.sum()} of {mask.size} {'starts' if over == 't' else 'points'}"
