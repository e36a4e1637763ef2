"""Files that nobody points to: published, or being taken in, by a process that died before it could record them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings

from dsr.models import InboundMail, Package, Step, WorksheetFile
from dsr.services.evidence import FOLDER
from dsr.services.inbound.keeping import FOLDER as INBOUND
from dsr.services.storage import vault
from verification.models import Evidence

_BATCH = 500


def sweep(before: datetime) -> int:
    """Delete files made before an instant to which no row points; return how many.

    Only work in progress and answers that are kept have files, so there are never many names to go through.
    """
    return sum(_sweep(prefix, orphaned, before) for prefix, orphaned in _PLACES.items())


def sweep_uploads(before: datetime) -> int:
    """Delete what Django wrote of large uploads and nobody has touched since an instant; return how many.

    They lie in the clear until they are sealed, and a process that is killed meanwhile takes none of them away.
    """
    deleted = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < before.timestamp():
                path.unlink()
                deleted += 1
    return deleted


def _sweep(prefix: str, orphaned: Callable[[list[str], datetime], set[str]], before: datetime) -> int:
    deleted = 0
    names = iter(list(vault().list_prefix(prefix)))
    while batch := list(islice(names, _BATCH)):
        for name in orphaned(batch, before):
            deleted += vault().delete(name)
    return deleted


def _packages(names: list[str], before: datetime) -> set[str]:
    known = set(Package.objects.filter(vault_name__in=names).values_list("vault_name", flat=True))
    return {name for name in _old(names, before) if name not in known}


def _worksheets(names: list[str], before: datetime) -> set[str]:
    known = set(WorksheetFile.objects.filter(vault_name__in=names).values_list("vault_name", flat=True))
    return {name for name in _old(names, before) if name not in known}


def _evidence(names: list[str], before: datetime) -> set[str]:
    known = set(Evidence.objects.filter(vault_name__in=names).values_list("vault_name", flat=True))
    return {name for name in _old(names, before) if name not in known}


def _inbound(names: list[str], before: datetime) -> set[str]:
    known = set(InboundMail.objects.filter(vault_name__in=names).values_list("vault_name", flat=True))
    return {name for name in _old(names, before) if name not in known}


def _parcels(names: list[str], before: datetime) -> set[str]:
    """A parcel is spared while its step points to it, or while somebody has held the step since.

    Nobody holds a step while its owner reports; the parcel made then has a name that tells its age.
    """
    steps = {UUID(name.split("/")[1]) for name in names}
    rows = Step.objects.filter(pk__in=steps).values_list("pk", "parcel", "claimed_until")
    kept = {parcel for _, parcel, _ in rows}
    held = {str(pk) for pk, _, claimed_until in rows if claimed_until is not None and claimed_until >= before}
    dated = [name for name in names if UUID(name.rsplit("/", 1)[1]).version == 7]
    kept |= set(dated) - set(_old(dated, before))
    return {name for name in names if name not in kept and name.split("/")[1] not in held}


def _old(names: list[str], before: datetime) -> Iterator[str]:
    """Yield the names whose last part, a time-ordered id, was made before an instant."""
    for name in names:
        milliseconds = UUID(name.rsplit("/", 1)[1]).int >> 80
        if datetime.fromtimestamp(milliseconds / 1000, UTC) < before:
            yield name


_PLACES: dict[str, Callable[[list[str], datetime], set[str]]] = {
    "packages/": _packages,
    "worksheets/": _worksheets,
    "parcels/": _parcels,
    FOLDER: _evidence,
    INBOUND: _inbound,
}
