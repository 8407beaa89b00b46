"""Conversions between Doya's parameters and those of other authors, for the same neuron."""
