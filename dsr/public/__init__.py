"""The pages that people see: thin views that read what was sent, call one use case, and show what came of it."""
