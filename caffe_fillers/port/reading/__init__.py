"""From a layer's prototxt to operations: every field is read here, once for all targets."""
