"""From an exact system to a straight-line program on any arithmetic."""
