"""All that learns, and a price out of it."""
