"""What the map comes to: attractors, cycles and their cascades, chaos."""
