"""Changes of a system: derivatives, other unknowns, a spectrum put in, exact rewriting."""
