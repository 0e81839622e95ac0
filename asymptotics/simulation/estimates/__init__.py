"""What comes back: means, standard errors, control variates, tables."""
