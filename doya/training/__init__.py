"""Gradient descent on the loss, and what is done against its explosions."""
