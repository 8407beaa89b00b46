"""Conversions between Doya's parameters and those of other authors, for the same neuron.

Each author has a module, with the letters, both conversions and the conversions of the state.
"""

from doya.conversions.aihara import AIHARA
from doya.conversions.author import AUTHORS
from doya.conversions.beer import BEER
from doya.conversions.pascanu import PASCANU
from doya.conversions.pasemann import PASEMANN
from doya.conversions.tanh import TANH
from doya.conversions.tanh_flow import TANH_FLOW
from doya.conversions.wilson_cowan import WILSON_COWAN

# In the order of the documentation.
AUTHORS |= {
    each.name: each for each in (PASCANU, PASEMANN, AIHARA, BEER, WILSON_COWAN, TANH_FLOW, TANH)
}

__all__ = ["AUTHORS"]
