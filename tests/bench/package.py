"""Building a package of 1 GB: `package_1gb` in megabytes a second, `package_1gb_rss` in megabytes.

One process spools what a search brought into the vault, another builds the package from it and tells how much memory
it held at most, modules and all. A fifth of it is rows, which become JSON, CSV and part of a page; the rest is files
that do not shrink.
"""

import os
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.bench.installation import Site

_ROWS, _FILES = 200, 640
"""Megabytes of rows as JSON, and of files. CSV adds what is missing to a gigabyte."""
_CHUNK = 256 * 1024
_NAME = "parcels/bench"


def measure(site: Site) -> Iterator[Figure]:
    """Measure both."""
    folder = str(site.folder / "big")
    site.call("tests.bench.package:spool", folder=folder)
    built = site.call("tests.bench.package:build", folder=folder)
    bare = site.call("tests.bench.package:bare", folder=folder)
    speed = built["contents"] / built["seconds"]
    note = (
        f"{built['contents']:.0f} MB in {built['seconds']:.1f} s of which the processor {built['cpu']:.1f} s;"
        f" the sealed ZIP has {built['package']:.0f} MB"
    )
    yield Figure("package_1gb", speed, "MB/s", bare["speed"], "a file of that size deflated, sealed, written", (note,))
    yield Figure("package_1gb_rss", built["rss"], "MB", built["before"], "the same process before it builds")


# --- Inside an installation ------------------------------------------------------------------------------------------


def spool(folder: str) -> None:
    """Put the parcel into the vault."""
    from dsr.packaging import parcel
    from tests.unit.packaging import samples
    from tests.unit.packaging.spool_and_build import pieces

    found = chain(pieces(_ROWS, "rows"), pieces(_FILES, "noise"))
    datasets = (samples.ORDERS, samples.TICKETS)
    parcel.write(found, samples.vault_in(Path(folder)), _NAME, samples.KEY, datasets=datasets)


def build(folder: str) -> dict[str, float]:
    """Build the package from it."""
    from dsr.packaging import builder
    from dsr.packaging.contents import SearchOutcome, SystemPart
    from dsr.packaging.parcel import open_parcel
    from dsr.services import fulfilment  # noqa: F401 - what a worker has loaded anyway is not the package's doing
    from tests.unit.packaging import samples

    vault = samples.vault_in(Path(folder))
    before = _memory()
    began, cpu = time.perf_counter(), time.process_time()
    with open_parcel(vault, _NAME, samples.KEY) as parcel, vault.writer("packages/bench", samples.KEY) as out:
        contents = samples.contents((SystemPart("big", "Big", SearchOutcome.FOUND, parcel),))
        manifest = builder.build(contents, out)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "contents": sum(member["size"] for member in manifest.document["members"]) / 1e6,
        "package": out.size / 1e6,
        "before": before,
        "rss": _memory(),
    }


def bare(folder: str) -> dict[str, Any]:
    """Read a file of the size of the parcel, deflate and seal it, and write it. Returns megabytes a second."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from isal import isal_zlib

    source = max(Path(folder).rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    cipher, deflate, size = AESGCM(os.urandom(32)), isal_zlib.compressobj(1), 0
    began = time.perf_counter()
    with source.open("rb") as reading, (Path(folder) / "bare").open("wb") as writing:
        while data := reading.read(_CHUNK):
            size += len(data)
            if packed := deflate.compress(data):
                writing.write(cipher.encrypt(os.urandom(12), packed, None))
        writing.write(cipher.encrypt(os.urandom(12), deflate.flush(), None))
        writing.flush()
        os.fsync(writing.fileno())
    return {"speed": size / 1e6 / (time.perf_counter() - began)}


def _memory() -> float:
    # Not getrusage: what that tells begins with the memory of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
