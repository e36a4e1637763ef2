"""Tags for the templates of messages."""
