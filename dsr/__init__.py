"""Data subject rights requests: the app that knows the whole story."""
