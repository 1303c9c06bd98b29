"""Whether weights are what their prototxt declares."""
