"""Where something is held: a field of a data set of a system."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dsr.errors import Incomplete


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a system, as `system.dataset.field`."""

    system: str
    dataset: str
    field: str

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return what a text names. Raises Incomplete."""
        parts = text.split(".", 2)
        if len(parts) != 3 or not all(parts):
            raise Incomplete(_("Name a field as system.dataset.field."), field="places")
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.system}.{self.dataset}.{self.field}"
