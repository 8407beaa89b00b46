"""How x(T) answers to changes of parameters and start: at a point, settled, and along an axis."""
