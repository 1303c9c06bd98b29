"""JAX: plain functions of parameters and arrays, without a library of layers. Read at jax v0.4.35."""
