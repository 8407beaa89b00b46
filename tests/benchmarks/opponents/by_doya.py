"""doya itself, in a process that has compiled nothing yet."""

import doya


def equilibria(w, b):
    return doya.equilibria(doya.NeuronODE(w, b)).x
