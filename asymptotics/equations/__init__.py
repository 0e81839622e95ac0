"""The waist: exact systems as immutable data."""
