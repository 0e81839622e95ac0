"""Theory's answer: the risk of a model in a regime."""
