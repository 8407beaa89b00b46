"""heyoka's Taylor integrator in batches of 8, to 1e-15; its own sigmoid beats 1/(1 + exp(-z))."""

from concurrent.futures import ThreadPoolExecutor

import heyoka
import numpy as np

BATCH, TOLERANCE = 8, 1e-15
LABEL = "heyoka, batches of 8, to 1e-15"


def integrator(w, x0, variational):
    """Of dx/dt = sigma(w x + b) - x, and of its derivatives by x(0) and b."""
    x, b = heyoka.make_vars("x"), heyoka.par[0]
    system = [(x, heyoka.sigmoid(w * x + b) - x)]
    if variational:
        system = heyoka.var_ode_sys(system, [x, b], order=1)
    return heyoka.taylor_adaptive_batch(
        system, state=np.full((1, BATCH), x0), pars=np.zeros((1, BATCH)), tol=TOLERANCE
    )


def integrated(integrator, start, batches, end, found):
    """Fills `found`, a batch after the other."""
    state, parameters = integrator.state, integrator.pars
    for i in range(len(batches)):
        integrator.set_time(0.0)
        state[:] = start
        parameters[:] = batches[i]
        integrator.propagate_until(end)
        found[i] = state


def flow(w, x0):
    """states(b, end, threads) of the flow."""
    integrators = [integrator(w, x0, variational=False) for _ in range(2)]
    start = integrators[0].state.copy()

    def states(b, end, threads):
        batches = b.reshape(-1, BATCH)
        x = np.empty((len(batches), 1, BATCH))
        if threads == 1:
            integrated(integrators[0], start, batches, end, x)
            return x.ravel()
        # It lets go of Python's lock; taking it again for each batch costs up to a third.
        shares = np.array_split(batches, threads), [end] * threads, np.array_split(x, threads)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(integrated, integrators, [start] * threads, *shares))
        return x.ravel()

    return states


def sensitivities(w, x0):
    """x(T) and its derivatives by x(0) and b, of (b, end), by the variational equations."""
    variational = integrator(w, x0, variational=True)
    start = variational.state.copy()

    def answer(b, end):
        batches = b.reshape(-1, BATCH)
        found = np.empty((len(batches), 3, BATCH))
        integrated(variational, start, batches, end, found)
        return found.transpose(1, 0, 2).reshape(3, -1)

    return answer


def second_derivatives(w, x0):
    """The second derivative of x(T) by b, of (b, end), with all others by x(0), b and w."""
    x, b, weight = heyoka.make_vars("x"), heyoka.par[0], heyoka.par[1]
    system = [(x, heyoka.sigmoid(weight * x + b) - x)]
    bent = heyoka.taylor_adaptive_batch(
        heyoka.var_ode_sys(system, [x, b, weight], order=2),
        state=np.full((1, BATCH), x0), pars=np.full((2, BATCH), w), tol=TOLERANCE,
    )  # fmt: skip
    start = bent.state.copy()
    # The rows: x, three first derivatives, and x0x0, x0b, x0w, bb, bw, ww.
    row = 7

    def answer(b, end):
        batches = b.reshape(-1, BATCH)
        found = np.empty((len(batches), BATCH))
        for i in range(len(batches)):
            bent.set_time(0.0)
            bent.state[:] = start
            bent.pars[0] = batches[i]
            bent.propagate_until(end)
            found[i] = bent.state[row]
        return found.ravel()

    return answer
