"""Steps of gradient descent, and the gradients of tasks that they need."""
