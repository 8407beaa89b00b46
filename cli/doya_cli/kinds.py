"""The kinds of special points, in words."""

from __future__ import annotations


def meaning(kind: str, period: int = 1, *, is_map: bool = True) -> str:
    """Return the meaning of a fold (LP), flip (PD), cusp (CP), or end of a search (MX)."""
    states = "equilibria" if not is_map else "fixed points"
    if period > 1:
        states = f"cycles of period {period}"
    return {
        "LP": f"fold: two {states} meet and vanish",
        "PD": f"flip: period {period} doubles to {2 * period}",
        "BP": f"branch point: two branches of {states} cross and exchange stability",
        "CP": f"cusp: two folds meet, and three {states} become one",
        "MX": f"period {period} could not be followed further",
    }[kind]


def crossed(kind: str, where: str, enters: bool | None, *, is_map: bool) -> str:
    """Return a bifurcation that a descent crosses, its place, and how the equilibria change.

    `enters` is as in `PassedBifurcation`.
    """
    one, several = ("fixed point", "fixed points") if is_map else ("equilibrium", "equilibria")
    name = {"LP": "a fold", "PD": "a flip", "CP": "the cusp"}[kind]
    place = f"{name} ({kind}) at {where}"
    if enters is None:
        return place
    change = {
        "LP": (f"two {several} vanished", f"two {several} appeared"),
        "PD": (
            f"a {one} became stable, and the cycle of period 2 around it vanished",
            f"a {one} became unstable, and a stable cycle of period 2 appeared",
        ),
        "CP": (f"three {several} became one", f"one {one} became three"),
    }[kind]
    return f"{place}: {change[enters]}"


def none_because(
    w: float, b: float, over: str, epsilon: float | None, has_input: bool = False
) -> str:
    """Return the reason why there is no fold or no flip; "" where there can be both."""
    needs = []
    if over in ("b", "u") and w <= 4.0:
        needs.append("no fold: w must exceed 4")
    if over == "w" and b >= -2.0 and not has_input:
        needs.append("no fold: b must be below -2")
    if over in ("b", "u") and epsilon is not None:
        steepest = -4.0 * (2.0 - epsilon) / epsilon
        if w >= steepest:
            needs.append(f"no flip: w must be below -4 (2 - epsilon)/epsilon = {steepest:g}")
    return "; ".join(needs)
