"""A customer of the demonstration on whose behalf data is processed, and to whom its end users are directed.

The other doors, a brand and a company of the group, stand in the rule files of the demonstration: ``dsr/demo/rules``.
"""

from datetime import datetime

from dsr.models import Customer
from notifications.ids import uuid7

NAME = "Bluegate Logistics"


def enter(at: datetime) -> None:
    """Enter the customer, if it is missing. How fast it answers is left to the rule files."""
    row = {
        "id": uuid7(at),
        "contact": "privacy@bluegate.example",
        "agreement": "Data processing agreement, 2 May 2025",
        "since": at,
    }
    Customer.objects.get_or_create(name=NAME, defaults=row)
