"""What a listing is in one country: its fields, words, ranges and units."""
