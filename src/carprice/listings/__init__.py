"""From a raw file of listings to a clean table, and what was found in it."""
