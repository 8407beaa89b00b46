"""Tasks of learning: sequences with targets, and the gradient of their loss."""
