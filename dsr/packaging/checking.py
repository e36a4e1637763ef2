"""Checks what we signed, without asking anybody: a package, an unpacked one, a manifest, a receipt."""

import base64
import binascii
import hashlib
import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dsr.packaging import manifest, zipping
from notifications.sealing import public_key

_CHUNK = 1 << 20
_LIST_LIMIT = 256 << 20
"""A list of members longer than this was not written by us."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What reading a spoilt archive raises, sooner or later, flipped bit by flipped bit."""

Opener = Callable[[str], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `code` is stable; `where` names a member, or is empty."""

    code: str
    where: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to. `kind` is package, folder, manifest, receipt, certificate or unknown."""

    kind: str
    faults: tuple[Fault, ...]
    reference: str = ""
    key_id: str = ""
    members: int = 0
    """How many members were compared with the list."""
    says: tuple[str, ...] = ()
    """Of a certificate that is as it was signed: who signed it, and what was done, line by line."""

    @property
    def ok(self) -> bool:
        """Whether everything is as it was signed."""
        return not self.faults


class _Unusable(Exception):
    """The check cannot go on; carries the fault."""

    def __init__(self, code: str, where: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = Fault(code, where, sentence)


def verify(path: Path, *, key: bytes | None = None) -> Verdict:
    """Checks a package, the folder it was unpacked into, a `manifest.json` with its signature beside it, or a receipt.

    `key` is the 32 bytes of a public key to trust; without it, the keys of this installation are trusted. Never
    raises for what is in the file, however broken; raises OSError when it cannot be read.
    """
    kind = _kind(path)
    try:
        if kind == "receipt":
            return _verify_receipt(path, key)
        if kind == "package":
            return _verify_package(path, key)
        if kind in ("folder", "manifest"):
            return _verify_folder(path, kind, key)
    except _Unusable as reason:
        return Verdict(kind, (reason.fault,))
    return Verdict(kind, (Fault("unknown_format", "", "This is neither a package nor something that we sign."),))


def _kind(path: Path) -> str:
    if path.is_dir():
        return "folder"
    with path.open("rb") as file:
        beginning = file.read(64)
    if path.name == manifest.MANIFEST:
        return "manifest"
    if beginning.startswith(b"PK"):
        return "package"
    return "receipt" if beginning.lstrip().startswith(b"{") else "unknown"


def _verify_receipt(path: Path, key: bytes | None) -> Verdict:
    with path.open("rb") as file:
        payload = _object(file, path.name)
    signature = payload.pop(manifest.SIGNED, None)
    try:
        signed = manifest.canonical(payload)
    except ValueError:
        raise _Unusable("unreadable", "", "It holds values that we never sign.") from None
    faults = _signature_faults(signed, signature, key, "")
    kind = "certificate" if payload.get("kind") == "certificate" else "receipt"
    says = () if faults or kind == "receipt" else tuple(_said(payload))
    return Verdict(kind, tuple(faults), str(payload.get("reference", "")), _key_id(signature), says=says)


def _said(certificate: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a certificate says, which its signature has vouched for."""
    yield f"{certificate['organisation']} certifies what it did about a request for {certificate['right']}:"
    for entry in certificate["entries"]:
        until = f" until {entry['until']}" if "until" in entry else ""
        ground = f" ({entry['ground']}{until})" if "ground" in entry else ""
        yield f"{entry['system']}, {entry['category']}: {entry['outcome']}, {entry['records']} on {entry['on']}{ground}"


def _verify_package(path: Path, key: bytes | None) -> Verdict:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            document, faults, key_id = _verify_list(lambda name: archive.open(name), key)
            faults += _layout_faults(path, infos, archive.start_dir, document)
            return _compared("package", document, faults, key_id, [info.filename for info in infos], archive.open)
    except _BROKEN as error:
        raise _Unusable("unreadable", "", f"It is not a whole ZIP archive ({type(error).__name__}).") from None


def _verify_folder(path: Path, kind: str, key: bytes | None) -> Verdict:
    folder = path if kind == "folder" else path.parent
    document, faults, key_id = _verify_list(lambda name: (folder / name).open("rb"), key)
    if kind == "manifest":
        return Verdict(kind, tuple(faults), str(document.get("reference", "")), key_id)
    names = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file() or each.is_symlink()]
    return _compared(kind, document, faults, key_id, names, lambda name: (folder / name).open("rb"))


def _verify_list(opened: Opener, key: bytes | None) -> tuple[dict[str, Any], list[Fault], str]:
    """The list, what is wrong with its signature, and the id of the key it names."""
    data = _read(opened, manifest.MANIFEST)
    document = _parsed(data, manifest.MANIFEST)
    if document.get("format") != manifest.FORMAT or document.get("version") != manifest.VERSION:
        raise _Unusable("unknown_format", manifest.MANIFEST, "The list is not of a format and version that we know.")
    if not _well_formed(document):
        raise _Unusable("unreadable", manifest.MANIFEST, "The list of members cannot be read.")
    signature = _parsed(_read(opened, manifest.SIGNATURE), manifest.SIGNATURE)
    return document, _signature_faults(data, signature, key, manifest.MANIFEST), _key_id(signature)


def _well_formed(document: dict[str, Any]) -> bool:
    members = document.get("members")
    return isinstance(members, list) and all(
        isinstance(each, dict)
        and isinstance(each.get("path"), str)
        and isinstance(each.get("sha256"), str)
        and isinstance(each.get("size"), int)
        for each in members
    )


def _compared(
    kind: str, document: dict[str, Any], faults: list[Fault], key_id: str, names: Iterable[str], opened: Opener
) -> Verdict:
    """Compares the members that are there with those that are listed."""
    listed = {each["path"]: each for each in document["members"]}
    found = Counter(names)
    own = {manifest.MANIFEST, manifest.SIGNATURE}
    for name, times in found.items():
        if name not in listed and name not in own:
            faults.append(Fault("extra", name, "This file is not in the list: we did not put it there."))
        elif times > 1:
            faults.append(Fault("extra", name, "This file is there more than once."))
    for name, entry in listed.items():
        if name not in found:
            faults.append(Fault("missing", name, "This file is in the list and not there."))
        elif not _same(opened, name, entry):
            faults.append(Fault("changed", name, "This file is not what it was when the list was signed."))
    return Verdict(kind, tuple(faults), str(document.get("reference", "")), key_id, len(listed))


def _same(opened: Opener, name: str, entry: dict[str, Any]) -> bool:
    digest, size = hashlib.sha256(), 0
    try:
        with opened(name) as file:
            for part in iter(lambda: file.read(_CHUNK), b""):
                digest.update(part)
                size += len(part)
                if size > entry["size"]:
                    return False
    except _BROKEN:
        return False
    return bool(size == entry["size"] and digest.hexdigest() == entry["sha256"])


def _layout_faults(path: Path, infos: list[zipfile.ZipInfo], end: int, document: dict[str, Any]) -> list[Fault]:
    """Everything in an archive that is not a member's contents follows from the list, so it is compared too."""
    try:
        at = zipping.stamp(datetime.fromisoformat(str(document.get("made_at"))))
    except ValueError:
        at = (0, 0)
    with path.open("rb") as file:
        if _as_written(file, infos, end, at):
            return []
    sentence = "The archive itself was changed or packed anew; it may hold bytes that belong to no listed file."
    return [Fault("layout", "", sentence)]


def _as_written(file: IO[bytes], infos: list[zipfile.ZipInfo], end: int, at: tuple[int, int]) -> bool:
    records, offset = [], 0
    for info in infos:
        file.seek(offset)
        large = file.read(5)[4:] == b"\x2d"
        record = zipping.Record(info.filename, info.CRC, info.compress_size, info.file_size, offset, large)
        header, foot = zipping.local_header(record.path, at, large=large), zipping.descriptor(record)
        file.seek(offset)
        if file.read(len(header)) != header:
            return False
        file.seek(record.packed, 1)
        if file.read(len(foot)) != foot:
            return False
        offset = file.tell()
        records.append(record)
    file.seek(offset)
    tail = zipping.directory(records, offset, at)
    return offset == end and file.read(len(tail) + 1) == tail


def _signature_faults(signed: bytes, signature: Any, key: bytes | None, where: str) -> list[Fault]:
    """What is wrong with a signature; at most one fault."""
    if not isinstance(signature, dict) or not isinstance(signature.get("value"), str):
        return [Fault("bad_signature", where, "There is no signature.")]
    if signature.get("algorithm") != manifest.ALGORITHM:
        return [Fault("bad_signature", where, "It is signed by a method that we do not use.")]
    try:
        trusted = key if key is not None else public_key(_key_id(signature) or "?")
    except KeyError:
        return [
            Fault("unknown_key", where, f"It is signed with the key {_key_id(signature)!r}, which is not known here.")
        ]
    try:
        if base64.b64decode(str(signature.get("public_key")), validate=True) != trusted:
            return [Fault("bad_signature", where, "It names another public key than the one that is trusted.")]
        value = base64.b64decode(signature["value"], validate=True)
        Ed25519PublicKey.from_public_bytes(trusted).verify(value, signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return [Fault("bad_signature", where, "The signature does not fit: what was signed has been changed.")]
    return []


def _key_id(signature: Any) -> str:
    return str(signature.get("key_id", ""))[:32] if isinstance(signature, dict) else ""


def _read(opened: Opener, name: str) -> bytes:
    try:
        with opened(name) as file:
            data = file.read(_LIST_LIMIT + 1)
    except (KeyError, FileNotFoundError):
        raise _Unusable("missing", name, "This file is not there, so nothing can be checked.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise _Unusable("changed", name, "This file is damaged, so nothing can be checked.") from None
    if len(data) > _LIST_LIMIT:
        raise _Unusable("unreadable", name, "This file is longer than any that we write.")
    return data


def _object(file: IO[bytes], name: str) -> dict[str, Any]:
    return _parsed(_read(lambda _: file, name), name)


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _Unusable("unreadable", name, "This is not JSON that we wrote.") from None
    if not isinstance(value, dict):
        raise _Unusable("unreadable", name, "This is not JSON that we wrote.")
    return value


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A key given twice is read differently by different programs, so it is refused."""
    pairs = list(pairs)
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def describe(verdict: Verdict) -> Iterator[str]:
    """The verdict as lines for people."""
    kinds = {"folder": "unpacked package", "manifest": "list of a package", "unknown": "file"}
    what = kinds.get(verdict.kind, verdict.kind)
    about = f" {verdict.reference}" if verdict.reference else ""
    if verdict.ok:
        compared = f", {verdict.members} files compared" if verdict.members else ""
        yield f"The {what}{about} is as it was signed with key {verdict.key_id}{compared}."
        yield from (f"  {line}" for line in verdict.says)
        return
    yield f"The {what}{about} is not as it was signed:"
    for fault in verdict.faults:
        yield f"  {fault.where + ': ' if fault.where else ''}{fault.sentence} [{fault.code}]"
