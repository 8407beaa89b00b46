"""The map x' = (1 - eps) x + eps (sigma(w x + b) + w' u): states, attractors and derivatives."""
