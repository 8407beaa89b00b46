"""Hypothesis strategies for the neuron's parameters."""

from __future__ import annotations

from hypothesis import strategies as st

finite = st.floats(-1e100, 1e100)
moderate = st.floats(-1e6, 1e6)
weights = st.one_of(st.floats(-50, 50), moderate, finite)
biases = st.one_of(st.floats(-50, 50), moderate, finite)
folding_weights = st.one_of(st.floats(4.01, 60), st.floats(4.01, 1e6))
epsilons = st.one_of(st.floats(0.05, 1.0), st.floats(1e-6, 1.0))
