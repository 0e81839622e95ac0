"""Elimination: the minimal polynomial of one unknown of a system, the way back, and a certificate.

Linear unknowns go first, then resultants; factors that no physical solution satisfies are removed by an exact
argument, and the result is multiplied out against the equations of the system.
"""
