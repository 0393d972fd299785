"""How pages write numbers and moments, where it is not as Django does it."""
