"""Rows with sealed columns: ciphertext under the data key of the submission they belong to."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import models

from notifications.models import DataKey


class SealedRow(models.Model):
    """A row that reads and writes its ``*_sealed`` columns by their short names.

    The context that binds a ciphertext to its place is ``<model>:<primary key>:<column>``, so a value copied into
    another row or column does not open.
    """

    class Meta:
        abstract = True

    def sealing_key(self) -> DataKey:
        """Return the data key of this row's submission."""
        raise NotImplementedError

    def _context(self, name: str) -> str:
        return f"{self._meta.label_lower}:{self.pk}:{name}"

    def seal(self, name: str, value: str) -> None:
        """Seal a text into ``<name>_sealed``; an empty text empties the column."""
        sealed = self.sealing_key().seal(value, self._context(name)) if value else None
        setattr(self, f"{name}_sealed", sealed)

    def open(self, name: str) -> str:
        """Return the text sealed in ``<name>_sealed``, or "" when there is none.

        Raises notifications.models.Forgotten once the person has been forgotten.
        """
        sealed = getattr(self, f"{name}_sealed")
        return self.sealing_key().unseal(bytes(sealed), self._context(name)) if sealed else ""

    def seal_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Seal a mapping as JSON into ``<name>_sealed``; an empty mapping empties the column."""
        self.seal(name, json.dumps(value, ensure_ascii=False, sort_keys=True) if value else "")

    def open_json(self, name: str) -> dict[str, Any]:
        """Return the mapping sealed in ``<name>_sealed``, or an empty one."""
        text = self.open(name)
        return dict(json.loads(text)) if text else {}
