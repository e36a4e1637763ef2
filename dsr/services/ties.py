"""What belongs together: a proof of one identifier says nothing of another that nothing ties to it.

Two identifiers are tied where a system has one on file in the record that it finds by the other. Not further: people
share addresses and numbers, and what is tied to something shared is not thereby theirs.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dsr.models import Submission
from dsr.services import mandated
from notifications import sealing

Identifiers = Mapping[str, Sequence[str]]
KINDS: Final = ("email", "phone", "account")
"""What people are known by."""
MOST_CLAIMS: Final = 5
"""Of so many claimed identifiers it is asked whose they are. More are a list, not a memory."""

CONTACT: Final = "contact"
"""Under this name stands what is on file for the address that should be the person's own."""
CLAIM, PROVED = "claim", "proved"
"""With these begin the names of what is merely claimed, and of what was shown beside it."""


def claims_of(submission: Submission) -> dict[str, list[str]]:
    """Return what the person claims to be known by, beside the address that letters go to, and their own if not it.

    The same address written in another way is no claim.
    """
    own = {sealing.fingerprint("email", address) for address in mandated.own_addresses(submission)}
    given = submission.open_json("identifiers")
    found = {
        kind: [value for value in values if kind != "email" or sealing.fingerprint(kind, value) not in own]
        for kind, values in given.items()
    }
    return {kind: values for kind, values in found.items() if values}


def pairs_of(identifiers: Identifiers) -> list[tuple[str, str]]:
    """Return identifiers one by one, as kind and value, in their order."""
    return [(kind, value) for kind, values in identifiers.items() for value in values]


def marks_of(identifiers: Identifiers) -> set[str]:
    """Return the look-up values of identifiers."""
    return {sealing.fingerprint(kind, value) for kind, value in pairs_of(identifiers) if kind in KINDS}


def tied_to(submission: Submission, shown: Identifiers) -> set[str]:
    """Return the look-up values of what is shown, and of whatever the systems have on file in one record with it."""
    own = marks_of(shown)
    found = set(own)
    for mark, on_file in _records(submission):
        channels = marks_of(on_file)
        if mark in own:
            found |= channels
        if marks_of({"email": on_file.get("email", ())}) & own:
            found.add(mark)
    return found


def only(identifiers: Identifiers, marks: set[str]) -> dict[str, list[str]]:
    """Return those of the identifiers whose look-up value is among some."""
    found: dict[str, list[str]] = {}
    for kind, value in pairs_of(identifiers):
        if sealing.fingerprint(kind, value) in marks:
            found.setdefault(kind, []).append(value)
    return found


def together(*parts: Identifiers) -> dict[str, list[str]]:
    """Return identifiers of several sources in one, each once."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for kind, values in part.items():
            found[kind] = list(dict.fromkeys([*found.get(kind, ()), *values]))
    return found


def to_ask(submission: Submission) -> dict[str, tuple[str, str]]:
    """Return whom the systems are asked about: by a name the kind and value of one identifier.

    The person's own address, what is claimed, and what was signed in to or shown beside those.
    """
    own = mandated.principal_address(submission) if submission.for_other else submission.open("email")
    found = {CONTACT: ("email", own)} if own else {}
    claims = pairs_of(claims_of(submission))[:MOST_CLAIMS]
    found |= {f"{CLAIM}{number}": pair for number, pair in enumerate(claims)}
    marks = {sealing.fingerprint(*pair) for pair in found.values()}
    proved = {kind: values for kind, values in submission.open_json("proved").items() if kind in KINDS}
    more = [pair for pair in pairs_of(proved) if sealing.fingerprint(*pair) not in marks]
    return found | {f"{PROVED}{number}": pair for number, pair in enumerate(more[:MOST_CLAIMS])}


def _records(submission: Submission) -> list[tuple[str, dict[str, list[str]]]]:
    """Return what was asked for, as look-up value, with the channels that are on file in the record found by it."""
    standing: dict[str, dict[str, Any]] = submission.open_json("standing")
    return [(sealing.fingerprint(*said["of"]), dict(said["on_file"])) for said in standing.values() if said.get("of")]
