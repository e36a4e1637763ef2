"""Services behind HTTP that are told to change what they hold: the outpost, and the demonstration's marketing."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dsr.connectors import Change, open_connector
from dsr.demo import http_service, marketing
from dsr.demo.people import ADA_EMAIL, MAX_EMAIL, NORA_EMAIL
from dsr.demo.places import Places
from dsr.demo.systems import Addresses, definitions
from tests import builders
from tests.outpost import ABILITIES, Outpost
from tests.unit.connectors.ground import Ground


def outpost_ground(outpost: Outpost) -> Ground:
    """The outpost, with somebody else in it."""
    outpost.rows = {**outpost.rows, "bob@example.org": ["late riser"]}
    return Ground(
        connector=open_connector("http", outpost.config(abilities=ABILITIES)),
        ada={"email": [builders.ADA]},
        bob={"email": ["bob@example.org"]},
        nobody={"email": ["max@example.org"]},
        change=Change("profiles", "score", "8"),
        wrong=(Change("profiles", "shoe_size", "39"), Change("profiles", "segment", "x")),
        annotated="profiles",
    )


@contextmanager
def marketing_running(template: Path, data_dir: Path) -> Iterator[tuple[Places, int]]:
    """Run marketing over a copy of a file; yields where its things are and its port."""
    places = Places(data_dir)
    places.folder.mkdir(parents=True)
    shutil.copy(template, places.marketing)
    service = http_service.serve(0, data_dir)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield places, service.server_address[1]
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


def marketing_ground(places: Places, port: int) -> Ground:
    """Marketing, as the demonstration enters it."""
    addresses = Addresses.of(places, accounts="", messaging="", port=port)
    [system] = [one for one in definitions(addresses, places.secret()) if one.key == "marketing"]
    return Ground(
        connector=open_connector(system.connector, system.config),
        ada={"email": [ADA_EMAIL]},
        bob={"email": [NORA_EMAIL]},
        nobody={"email": [MAX_EMAIL]},
        change=Change("contacts", "company", "Difference Engines Ltd"),
        wrong=(
            Change("contacts", "shoe_size", "39"),
            Change("contacts", "source", "a friend"),
            Change("contacts", "country", "Ireland"),
            Change("contacts", "email", None),
        ),
        annotated="mailings",
    )


def build(path: Path) -> Path:
    """Write marketing's file once, to be copied."""
    marketing.build(path)
    return path
