"""The loss (target - x(T))**2 as parameters change, and its walls."""
