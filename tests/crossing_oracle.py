"""The time in which the flow passes from a start to a level, to 20 digits; doya is not imported.

The integral of dx/f and those of its derivatives by b and w, by Gauss's rule of 24 nodes on pieces
that are halved until two halves agree with the whole.
"""

from mpmath import mp, mpf

DIGITS, ORDER = 50, 24


def nodes():
    """Gauss and Legendre's nodes and weights on [0, 1], by Newton's method."""
    found = []
    with mp.workdps(DIGITS + 10):
        for k in range(ORDER):
            x = mp.cos(mp.pi * (k + mpf(3) / 4) / (ORDER + mpf(1) / 2))
            for _ in range(10):
                p, q = mp.legendre(ORDER, x), mp.legendre(ORDER - 1, x)
                slope = ORDER * (x * p - q) / (x * x - 1)
                x -= p / slope
            found.append(((1 + x) / 2, 1 / ((1 - x * x) * slope**2)))
    return found


NODES = nodes()


def sigma(z):
    return 1 / (1 + mp.exp(-z))


def rate(w, b, x, drive=0):
    """dx/dt at the doubles w, b and x, or at numbers of mpmath."""
    return sigma(w * x + b) - x + drive


def is_reached(w, b, x0, level, drive=0):
    """Whether f keeps its sign, towards the level, from x0 to it: between its extremes too."""
    toward = mp.sign(level - x0)
    places = [x0, level]
    if w > 4:  # f' = 0 where w sigma' = 1
        reach = 2 * mp.acosh(mp.sqrt(w) / 2)
        for z in (-reach, reach):
            x = (z - b) / w
            if min(x0, level) < x < max(x0, level):
                places.append(x)
    return all(toward * rate(w, b, x, drive) > 0 for x in places)


def integrals(w, b, begin, end, drive):
    """The integrals of 1/f, sigma'/f**2 and x sigma'/f**2 by one rule."""
    totals = [mpf(0)] * 3
    for node, weight in NODES:
        x = begin + (end - begin) * node
        f, s = rate(w, b, x, drive), sigma(w * x + b)
        source = s * sigma(-(w * x + b)) / f**2
        for k, value in enumerate((1 / f, source, x * source)):
            totals[k] += weight * value
    return [(end - begin) * total for total in totals]


def crossing(w, b, x0, level, drive=0, digits=20):
    """Return the time and its derivatives by b and w; infinite and None where never."""
    with mp.workdps(DIGITS):
        w, b, x0, level, drive = map(mpf, (w, b, x0, level, drive))
        if x0 == level:
            return mpf(0), mpf(0), mpf(0)
        if not is_reached(w, b, x0, level, drive):
            return mp.inf, None, None
        whole = integrals(w, b, x0, level, drive)
        totals, todo = [mpf(0)] * 3, [(abs(whole[1]), x0, level, whole)]
        while todo:  # the largest first: what is lost beside it need not be exact
            todo.sort(key=lambda piece: piece[0])
            _, begin, end, whole = todo.pop()
            middle = (begin + end) / 2
            ends = (begin, middle), (middle, end)
            halves = [integrals(w, b, *two, drive) for two in ends]
            sums = [one + other for one, other in zip(*halves, strict=True)]
            if all(
                abs(both - once) <= mpf(10) ** -digits * max(abs(both), abs(total))
                for both, once, total in zip(sums, whole, totals, strict=True)
            ):
                totals = [total + part for total, part in zip(totals, sums, strict=True)]
            else:
                todo += [(abs(half[1]), *two, half) for two, half in zip(ends, halves, strict=True)]
        return totals[0], -totals[1], -totals[2]
