"""Networks of N units: products of Jacobians, gradients through time, and remedies."""
