"""A file for each framework: one function for each operation, and how a whole module is printed."""
