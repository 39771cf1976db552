"""What is said beside a price: why, how sure, and what similar cars cost."""
