"""Faults: processes that are killed, servers that refuse, systems that time out."""

from tests.faults.processes import house, private_redis
from tests.outpost import outpost
from tests.postbox import postbox

__all__ = ["house", "outpost", "postbox", "private_redis"]
