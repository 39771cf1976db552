"""How good a model is, compared with whom, and whether it may go on."""
