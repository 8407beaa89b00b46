"""Gradient descent on the loss, remedies for its explosions, and search without gradients."""
