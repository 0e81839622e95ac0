"""The catalogue: declarations of models and their parts; no solving."""
