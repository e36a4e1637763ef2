"""Reads: queues, case files, figures. Nothing here changes anything."""
