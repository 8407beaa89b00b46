"""Sensitivities of x(T) to parameters and start: at a point, settled, and along an axis."""
