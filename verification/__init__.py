"""Proves that somebody controls a channel; knows no requests."""
