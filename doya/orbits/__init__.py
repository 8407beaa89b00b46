"""Long-term behaviour of the map: attractors, cycles and their cascades, chaos."""
