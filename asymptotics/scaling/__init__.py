"""Scaling laws of power-law spectra: exponents and constants derived, crossovers, allocation of compute."""
