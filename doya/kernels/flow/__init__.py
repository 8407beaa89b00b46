"""The flow dx/dt = -x + sigma(w x + b + input): states, passages and derivatives."""
