"""The same neuron in other authors' letters."""
