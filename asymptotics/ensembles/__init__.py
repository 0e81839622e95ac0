"""Ensembles, bags, and where the test error comes from: averages over what predictors share."""
