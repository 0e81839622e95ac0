"""What is asked of risks: extrema, curves as algebra, statements with proofs, slopes, gaps, atlas, staircase."""
