"""The programming interface under /api/: translate what came, call one use case, translate what it says."""
