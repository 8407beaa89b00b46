"""doya: a laboratory for the one-neuron recurrent network."""

import lazy_loader

# The public names and their homes are in __init__.pyi; a home is imported when one of its names is
# first used, so that `import doya` costs next to nothing.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
