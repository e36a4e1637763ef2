"""Cases that authorities open against the organisation.

`authorities` says which there are, `road` is the one way along which a case changes, `entering` takes a letter in and
says whom it is about, `replying` has it answered by two people and closed, `measures` follows what was ordered,
`telling` tells a person on purpose, `dates` warns and forgets, `chain` proves the history.
"""
