"""Complaints and appeals.

`filing` ties a complaint to the request that it is about, `looking` is what an investigator does, `answering` ends it,
`promises` follows what was promised, `routes` says where else to turn, `outside` keeps where it went, `appeals` has a
decision looked at again.
"""
