"""The explorer: one page for a browser that solves the recorded equations by itself."""
