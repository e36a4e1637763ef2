"""Reviews of automated decisions.

`recording` keeps what deciding systems tell, `working` is the reviewer's desk, `concluding` decides and tells,
`effects` has the deciding system confirm, `figures` shows whether reviews are more than a stamp.
"""
