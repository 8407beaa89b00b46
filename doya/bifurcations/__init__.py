"""Where equilibria meet and vanish: points, diagrams over one parameter, curves over two."""
