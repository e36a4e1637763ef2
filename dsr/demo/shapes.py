"""Short ways to write the parts of a mapping."""

from typing import Any

from sqlalchemy.engine import Dialect

Part = dict[str, Any]


def column(title: str, kind: str = "text", *, category: str = "", description: str = "", **more: Any) -> Part:
    """Return a column that is given to the person."""
    found: Part = {"title": title, "type": kind, "description": description, **more}
    return {**found, "category": category} if category else found


def withheld(title: str, category: str, ground: str, reason: str, **more: Any) -> Part:
    """Return a column that never leaves the database."""
    return {"title": title, "category": category, "withheld": {"ground": ground, "reason": reason}, **more}


def found_by(kind: str, name: str, normalise: str = "exact") -> Part:
    """Return an identity column."""
    return {"kind": kind, "column": name, "normalise": normalise}


def child_of(dataset: str, **on: str) -> Part:
    """Return a join to the parent: column here to column there."""
    return {"dataset": dataset, "on": on}


def not_mariadb(*_about: Any, dialect: Dialect, **_more: Any) -> bool:
    """Tell SQLAlchemy whether to make an index on an expression."""
    return dialect.name != "mysql"
