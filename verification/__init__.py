"""Proves that somebody controls a channel, and lets the bearer of a link in. Knows no requests."""
