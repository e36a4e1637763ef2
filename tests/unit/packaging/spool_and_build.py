"""Spools and builds a large package in a process of its own, and prints what that took as one line of JSON.

Run as `python -m tests.unit.packaging.spool_and_build FOLDER MEGABYTES rows|noise`.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django

from dsr.connectors.base import FileChunk, FileStart, Piece, Row

CHUNK = 256 * 1024


def pieces(megabytes: int, kind: str) -> Iterator[Piece]:
    """About so many megabytes, as rows or as files that do not shrink."""
    wanted = megabytes * 1_000_000
    if kind == "rows":
        for number in range(wanted // 200):
            note = hashlib.sha256(str(number).encode()).hexdigest()
            yield Row("orders", {"id": number, "placed": "2026-01-01T10:00:00Z", "total": "9.90", "note": note * 2})
        return
    noise = [os.urandom(CHUNK) for _ in range(8)]
    for number in range(10):
        yield FileStart("tickets", f"{number}.bin", "application/octet-stream", "tickets")
        yield from (FileChunk(noise[part % 8]) for part in range(wanted // 10 // CHUNK + 1))


def main(folder: Path, megabytes: int, kind: str) -> None:
    """Writes, builds, and reports megabytes, seconds and the highest memory in megabytes."""
    django.setup()
    from dsr.packaging import builder
    from dsr.packaging.contents import SearchOutcome, SystemPart
    from tests.unit.packaging import samples

    vault = samples.vault_in(folder)
    before = _memory()
    with samples.spooled(vault, pieces(megabytes, kind), (samples.ORDERS, samples.TICKETS)) as parcel:
        contents = samples.contents((SystemPart("big", "Big", SearchOutcome.FOUND, parcel),))
        began = time.perf_counter()
        with vault.writer("packages/big", samples.KEY) as out:
            manifest = builder.build(contents, out)
        seconds = time.perf_counter() - began
    size = sum(member["size"] for member in manifest.document["members"])
    found = {"contents": size / 1e6, "package": out.size / 1e6, "seconds": seconds}
    sys.stdout.write(json.dumps({**found, "memory_before": before, "memory": _memory()}) + "\n")


def _memory() -> float:
    # Not getrusage: what that tells begins with the memory of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
