"""What the version in production answers: one car, many, or a file."""
