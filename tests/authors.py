"""The conversions of all authors, by the author's name."""

import doya

MAPS, FLOWS = ("pascanu", "pasemann", "aihara", "tanh"), ("beer", "wilson-cowan", "tanh-flow")
FROM = {name: getattr(doya, f"from_{name.replace('-', '_')}") for name in (*MAPS, *FLOWS)}
TO = {name: getattr(doya, f"to_{name.replace('-', '_')}") for name in FROM}


def converted(author, letters):
    """Return the conversion of a neuron in the author's letters."""
    return FROM[author](**letters)
