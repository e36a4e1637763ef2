"""Choices that take effect by being recorded: no identity is asked for, nobody reviews them, and none is forgotten."""
