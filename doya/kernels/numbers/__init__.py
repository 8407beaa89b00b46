"""Numbers and functions of one number: the exponential, the logistic function, and X-numbers."""
