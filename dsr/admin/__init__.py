"""The staff console: a desk, a queue, worksheets, letters, systems, history. Thin: each POST calls one use case."""

from dsr.admin import history, messages, people, systems, tokens, worksheet

__all__ = ["history", "messages", "people", "systems", "tokens", "worksheet"]
