"""Bifurcations of equilibria: points, diagrams over one parameter, curves over two."""
