"""One promotion at a time, its receipt, and the way back."""
