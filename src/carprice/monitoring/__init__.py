"""What comes in, watched: what was asked for, and how production does on it."""
