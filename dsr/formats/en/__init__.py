"""English as it is read everywhere, not only in the United States."""
