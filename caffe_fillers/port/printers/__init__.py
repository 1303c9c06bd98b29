"""How a whole net is printed for each framework."""
