"""The flow dx/dt = -x + sigma(w x + b) and its sensitivities, to 30 digits and more.

A Taylor series of order 60 per step in fixed point on Python's integers; nothing here imports doya.
The series run in the variable (t - start)/span, so the k-th coefficient holds span^k already.
"""

from __future__ import annotations

import math
from operator import mul

from mpmath import mp, mpf

ORDER = 60
TOLERANCE = 180  # bits of x kept by each step
SLACK = 80  # bits of the sensitivities kept by each step


class Series:
    """Taylor coefficients about one instant, integers in units of 2^-bits."""

    def __init__(self, x, w, b, span, bits, order, sensitivities):
        with mp.workprec(bits + 20):
            z = mp.ldexp(mpf(w * x), -2 * bits) + mp.ldexp(mpf(b), -bits)
            s = [int(mp.ldexp(1 / (1 + mp.exp(-z)), bits))]
            slope = [int(mp.ldexp(1 / (2 + mp.exp(z) + mp.exp(-z)), bits))]
        one = 1 << bits
        x, drive = [x], []
        jacobian = [(w * slope[0] >> bits) - one]
        by = [[one], [0], [0]] if sensitivities else []
        for n in range(order):
            for k, row in enumerate(by):
                rate = sum(map(mul, jacobian, reversed(row)))
                if k == 1:
                    rate += slope[n] << bits
                elif k == 2:
                    rate += sum(map(mul, slope, reversed(x)))
                row.append((rate >> bits) * span // (n + 1) >> bits)
            x.append((s[n] - x[n]) * span // (n + 1) >> bits)
            drive.append(w * (n + 1) * x[n + 1] >> bits)
            s.append((sum(map(mul, slope, reversed(drive))) >> bits) // (n + 1))
            slope.append(s[-1] - (sum(map(mul, s, reversed(s))) >> bits))
            jacobian.append(w * slope[-1] >> bits)
        self.x, self.s, self.slope, self.jacobian, self.by = x, s, slope, jacobian, by
        self.bits = bits

    def reach(self, tolerance):
        """The fraction of the span, at most 1, that the last two coefficients allow."""
        rules = [
            (self.x, math.log2(abs(self.x[0]) + self.s[0] + 1) - tolerance),
            (self.slope, math.log2(self.slope[0] + 1) - SLACK),
        ]
        if self.by:
            rules.append((self.by[0], self.bits - SLACK))
        exponent = 0.0
        for row, allowed in rules:
            for n in (len(row) - 1, len(row) - 2):
                if row[n]:
                    exponent = min(exponent, (allowed - math.log2(abs(row[n]))) / n)
        return 2.0**exponent

    def at(self, fraction):
        """x and the three sensitivities at a fraction (an integer too) of the span."""
        values = []
        for row in (self.x, *self.by):
            value = 0
            for coefficient in reversed(row):
                value = coefficient + (value * fraction >> self.bits)
            values.append(value)
        return values

    def settled(self, w):
        """Whether x is so near a stable equilibrium that the rest of the flow is linear."""
        decay = -self.jacobian[0]
        if decay <= 0:
            return False
        distance = (abs(self.s[0] - self.x[0]) << self.bits) // decay
        if distance << 100 > abs(self.x[0]) + self.s[0]:
            return False
        bend = w * w * self.slope[0] >> 2 * self.bits
        return bend * distance >> self.bits << 100 < decay


def flow(w, b, x0, horizon, sensitivities=True, order=ORDER, tolerance=TOLERANCE, spare=60):
    """x(T) and its derivatives by x0, b and w (0 without `sensitivities`), and the steps taken."""
    w, b, x0, horizon = mpf(w), mpf(b), mpf(x0), mpf(horizon)
    saturation = max(abs(w * x + b) for x in (0, 1, x0))
    bits = tolerance + spare + int(1.5 * saturation)
    with mp.workprec(bits):
        fixed_w, fixed_b, x, left = (int(mp.ldexp(value, bits)) for value in (w, b, x0, horizon))
        by_x0, by_b, by_w = mpf(1), mpf(0), mpf(0)
        span = int(mp.ldexp(1 / (1 + abs(w) / 4), bits))
        steps = 0
        while left > 0:
            span = min(span, left)
            series = Series(x, fixed_w, fixed_b, span, bits, order, sensitivities)
            if series.settled(fixed_w):
                break
            steps += 1
            reach = series.reach(tolerance)
            fraction = int(mp.ldexp(mpf(reach), bits))
            x, *by = series.at(fraction)
            if by:
                gain, add_b, add_w = (mp.ldexp(mpf(value), -bits) for value in by)
                by_x0, by_b, by_w = gain * by_x0, gain * by_b + add_b, gain * by_w + add_w
            step = span * fraction >> bits
            left -= step
            span = 2 * step if reach == 1 else step * 5 // 4
        x, left = mp.ldexp(mpf(x), -bits), mp.ldexp(mpf(left), -bits)
        if left > 0:
            rest = x
            for _ in range(4):
                s = 1 / (1 + mp.exp(-(w * rest + b)))
                slope = 1 / (2 + mp.exp(w * rest + b) + mp.exp(-(w * rest + b)))
                decay = 1 - w * slope
                rest += (s - rest) / decay
            gain = mp.exp(-decay * left)
            x = rest + (x - rest) * gain
            by_x0 *= gain
            by_b = slope / decay + (by_b - slope / decay) * gain
            by_w = rest * slope / decay + (by_w - rest * slope / decay) * gain
        return x, by_x0, by_b, by_w, steps


def final_state(w, b, x0, horizon):
    """x(T) of dx/dt = -x + sigma(w x + b) from x(0) = x0."""
    return flow(w, b, x0, horizon, sensitivities=False)[0]


def driven_flow(w, b, x0, horizon, input_weight, pulses):
    """x(T) and its derivatives by x0, b and w under pulses (start, stop, amplitude), and the steps.

    The pulses are apart and in order.  While u is constant, x - w' u obeys the neuron of bias
    b + w w' u, which w moves by w' u.
    """
    with mp.workprec(2000):
        w, b, x, horizon, input_weight = map(mpf, (w, b, x0, horizon, input_weight))
        ends, drive = [mpf(0)], []
        for start, stop, amplitude in pulses:
            ends += [min(mpf(start), horizon), min(mpf(stop), horizon)]
            drive += [mpf(0), input_weight * mpf(amplitude)]
        ends, drive = [*ends, horizon], [*drive, mpf(0)]
        by_x0, by_b, by_w, steps = mpf(1), mpf(0), mpf(0), 0
        for k, shift in enumerate(drive):
            y, gain, add_b, add_w, count = flow(w, b + w * shift, x - shift, ends[k + 1] - ends[k])
            x, steps = y + shift, steps + count
            by_x0, by_b = gain * by_x0, gain * by_b + add_b
            by_w = gain * by_w + add_w + shift * add_b
        return x, by_x0, by_b, by_w, steps


def horner(coefficients, at):
    value = mpf(0)
    for coefficient in reversed(coefficients):
        value = value * at + coefficient
    return value


def stretch(w, b, x0, drive, time, most_steps, edge=150, order=36, digits=30):
    """x(time) of dx/dt = -x + sigma(w x + b) + drive, and its derivatives by x0, b and w.

    For a drive of any size: nothing is shifted.  Taylor series of mpmath's numbers, and beyond
    abs(z) = edge, where sigma is constant and sigma' 0 to e**-edge, exponentials.
    """
    x, left, by, steps = mpf(x0), mpf(time), [mpf(1), mpf(0), mpf(0)], 0
    while left > 0:
        z = w * x + b
        slope = mp.exp(-abs(z)) / (1 + mp.exp(-abs(z))) ** 2
        rate = drive - x + 1 / (1 + mp.exp(-z))
        inwards = (w * rate > 0) == (z < 0)
        if abs(z) > edge or (abs(z) == edge and not inwards):
            rest = x - drive - (1 if z > 0 else 0)
            step = left
            if inwards:
                inside = (mp.sign(z) * edge * (1 - mpf(10) ** -15) - b) / w
                at = inside - drive - (1 if z > 0 else 0)
                if at / rest > 0:
                    step = min(left, mp.log(rest / at))
            x = x + rest * mp.expm1(-step) if step == left else inside
            by = [value * mp.exp(-step) for value in by]
            left -= step
            continue
        steps += 1
        if steps > most_steps:
            raise TimeoutError
        step = min(left, 1 / (1 + abs(w) / 4 + abs(w * rate)))
        xs, s, q = [x], [1 / (1 + mp.exp(-z))], [slope]
        rows = [[by[0]], [by[1]], [by[2]]]
        jacobian = [w * slope - 1]
        for n in range(order):
            for k, row in enumerate(rows):
                value = sum(map(mul, jacobian, reversed(row)))
                if k == 1:
                    value += q[n]
                elif k == 2:
                    value += sum(map(mul, q, reversed(xs)))
                row.append(value * step / (n + 1))
            xs.append((s[n] - xs[n] + (drive if n == 0 else 0)) * step / (n + 1))
            moved = [w * (k + 1) * xs[k + 1] for k in range(n + 1)]
            s.append(sum(map(mul, q, reversed(moved))) / (n + 1))
            q.append(s[-1] - sum(map(mul, s, reversed(s))))
            jacobian.append(w * q[-1])
        fraction = mpf(1)
        sizes = [1 + abs(x)] + [
            abs(value) + abs(row[1]) for value, row in zip(by, rows, strict=True)
        ]
        for size, row in zip(sizes, (xs, *rows), strict=True):
            for n in (order, order - 1):
                if row[n] != 0:
                    allowed = size * mpf(10) ** -digits / abs(row[n])
                    fraction = min(fraction, allowed ** (mpf(1) / n))
        x, *by = (horner(row, fraction) for row in (xs, *rows))
        left -= step * fraction
    return x, *by


def large_pulses(w, b, x0, horizon, drives, dps=60, most_steps=10**9):
    """x(horizon) and its derivatives by x0, b and w; the largest of 1, abs(x) and those on the way.

    drives are (start, stop, w' u), in order and apart.  dps is at least log10 of the largest, and
    60.  TimeoutError where a drive needs more than `most_steps` steps.
    """
    with mp.workdps(dps):
        w, b, x, horizon = map(mpf, (w, b, x0, horizon))
        ends, values = [mpf(0)], []
        for start, stop, drive in drives:
            ends += [min(mpf(start), horizon), min(mpf(stop), horizon)]
            values += [mpf(0), mpf(drive)]
        by, largest = [mpf(1), mpf(0), mpf(0)], max(1, abs(x))
        for drive, begin, end in zip([*values, mpf(0)], ends, [*ends[1:], horizon], strict=True):
            x, gain, add_b, add_w = stretch(w, b, x, drive, end - begin, most_steps)
            by = [gain * by[0], gain * by[1] + add_b, gain * by[2] + add_w]
            largest = max(largest, abs(x), gain, abs(add_b), abs(add_w), *map(abs, by))
        return x, *by, largest
