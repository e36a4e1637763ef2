"""Erasing: what may go, what must stay and until when, doing it in every system, and seeing that it stays done.

`terms` judges, `plan` looks at the systems, `waiting` confirms and begins, `doing` erases in one system, `closing`
ends and certifies, `kept` comes back to what had to stay, `rechecks` and `tombstones` see that it stays done.
"""
