"""A rule per layer type: what it makes of moments and of gradients; a module per family."""
