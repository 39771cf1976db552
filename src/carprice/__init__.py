"""Car listings in, a trustworthy price out."""
