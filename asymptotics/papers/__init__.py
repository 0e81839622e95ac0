"""The gallery: published figures, each with theory, simulation, a number to check, caption and citation.

Every file in ``figures`` is one published figure. The formulas of the papers are in ``derivations/published``; they are
compared with, never used to draw a curve.
"""
