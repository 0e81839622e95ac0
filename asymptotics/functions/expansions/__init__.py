"""Expansions in harmonics: powers per degree, in doubles, in many digits and proved."""
