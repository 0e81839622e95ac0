"""Runs derivations, grades the evidence, renders the argument."""
