"""The next order in one over the sizes: corrections to the deterministic equivalent, and what they say of it."""
