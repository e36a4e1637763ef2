"""The demonstration organisation: four systems that hold data about a few thousand invented people.

- `accounts` and `messaging` are databases: files, or PostgreSQL and MariaDB where DEMO_ACCOUNTS_URL and
  DEMO_MESSAGING_URL say so.
- `marketing` is a service: `python -m dsr.demo.http_service`.
- `support` is a folder that its owner searches by hand.

One customer has data processed on its behalf; a brand and a company of the group answer for themselves.

A machine has suspended an account of theirs; it is told of a review in the process of the service.

This page imports nothing heavy: the service above starts with it.
"""

from datetime import datetime


def load_once(at: datetime | None = None) -> list[tuple[str, str, str]]:
    """Load people, systems and staff, as far as they are missing. Returns the logins: name, password, role."""
    from django.conf import settings
    from django.utils import timezone

    from dsr.demo.customers import enter
    from dsr.demo.decisions import tell
    from dsr.demo.load import load
    from dsr.demo.places import Places
    from dsr.demo.staff import sign_up
    from dsr.demo.systems import Addresses, register_systems

    places = Places(settings.DATA_DIR)
    urls = {"accounts": settings.DEMO_ACCOUNTS_URL, "messaging": settings.DEMO_MESSAGING_URL}
    now = at or timezone.now()
    load(places, accounts_url=urls["accounts"], messaging_url=urls["messaging"], at=now)
    addresses = Addresses.of(places, **urls, port=settings.DEMO_PORT)
    register_systems(addresses, places.secret(), at=now)
    logins = sign_up()
    tell(places, settings.DEMO_PORT, now)
    enter(now)
    return logins
