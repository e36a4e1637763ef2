"""How we speak to systems that hold data about people. Knows nothing of requests.

connector = open_connector("sql", config)
connector.locate({"email": ["ada@example.org"]}, key="...")
for piece in connector.collect({"email": ["ada@example.org"]}, key="..."):
    ...
"""

from dsr.connectors.base import (
    BadConfig,
    Code,
    Connector,
    ConnectorError,
    Dataset,
    Field,
    FieldType,
    FileChunk,
    FileStart,
    Identifiers,
    Level,
    Limits,
    Located,
    Outcome,
    PermanentFailure,
    Piece,
    Problem,
    RefusalCode,
    Refused,
    Row,
    TemporaryFailure,
    WithheldField,
)
from dsr.connectors.opening import KINDS, close_all, open_connector

__all__ = [
    "KINDS",
    "BadConfig",
    "Code",
    "Connector",
    "ConnectorError",
    "Dataset",
    "Field",
    "FieldType",
    "FileChunk",
    "FileStart",
    "Identifiers",
    "Level",
    "Limits",
    "Located",
    "Outcome",
    "PermanentFailure",
    "Piece",
    "Problem",
    "RefusalCode",
    "Refused",
    "Row",
    "TemporaryFailure",
    "WithheldField",
    "close_all",
    "open_connector",
]
