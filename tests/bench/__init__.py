"""The benchmark: what the service does in a second, next to the bare work that nobody can avoid, measured together.

`make bench` runs it; docs/reference/performance.md says how each figure is measured and what it has to reach.
"""
