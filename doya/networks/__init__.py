"""N units: products of Jacobians, gradients through time, and remedies for those that vanish."""
