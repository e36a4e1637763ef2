"""The staff console: a desk, a queue, worksheets, letters, systems, history. Thin: each POST calls one use case."""

from dsr.admin import (
    agencies,
    choices,
    elsewhere,
    history,
    holds,
    inbound,
    incidents,
    messages,
    people,
    reviewers,
    schedule,
    systems,
    tokens,
    webhooks,
    windows,
    worksheet,
)

__all__ = [
    "agencies",
    "choices",
    "elsewhere",
    "history",
    "holds",
    "inbound",
    "incidents",
    "messages",
    "people",
    "reviewers",
    "schedule",
    "systems",
    "tokens",
    "webhooks",
    "windows",
    "worksheet",
]
