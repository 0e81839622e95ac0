"""System to system, each with its way back and its certificate."""
