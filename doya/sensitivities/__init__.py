"""First and second derivatives of x(T): at a point, settled, and along an axis."""
