"""How names, amounts, remarks and reasons are said, in each language."""
