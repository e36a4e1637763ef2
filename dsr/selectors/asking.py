"""What may be asked of somebody who uses a right, and what must not: one list for form, desk and programs."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.rights import SPECS, Floor, Right

_REACH = ("relationship", "country", "region", "language", "email")
"""What every request needs to be answered at all, and under the right law."""
_HELPFUL = ("name", "phone")
"""What one may give so that one is found, addressed and reached."""
_FINDING = ("identifiers",)

TITLES: dict[str, str | Promise] = {
    "relationship": _("How you know the organisation"),
    "country": _("The country where you live"),
    "region": _("The state or province where you live"),
    "language": _("The language to write in"),
    "email": _("Your mail address"),
    "name": _("Your name"),
    "phone": _("Your telephone number"),
    "identifiers": _("Account numbers and other identifiers by which you can be found"),
    "scope": _("What you want to see, if not everything"),
}
_NEVER: dict[str, str | Promise] = {
    "reason": _("Nobody has to say why they use a right."),
    "password": _("A password proves nothing that a sign-in does not, and must not be told to anybody."),
    "new_account": _("Nobody has to open an account in order to ask."),
}
_IDENTITY: dict[str, str | Promise] = {
    "identity": _("This right is given to everybody who asks; nobody has to prove who they are."),
    "identity_document": _("This right is given to everybody who asks; nobody has to prove who they are."),
}
_DOCUMENT: dict[str, str | Promise] = {
    "identity_document": _("Control of the mail address is enough here; a document would be more than is needed."),
}
_UNSEARCHED = _("No system is searched for this right, so nothing is needed to find you by.")


@dataclass(frozen=True, slots=True)
class Question:
    """Something that may be asked, and whether there must be an answer."""

    name: str
    title: str
    required: bool


@dataclass(frozen=True, slots=True)
class Barred:
    """Something that must not be asked, and why."""

    name: str
    because: str


def questions(right: Right) -> list[Question]:
    """Return what may be asked of somebody who uses a right, in the order of the form."""
    spec = SPECS[right]
    needed = [Question(name, str(TITLES[name]), name != "region") for name in _REACH]
    optional = (*_HELPFUL, *(_FINDING if spec.searches else ()), *spec.questions)
    return [*needed, *(Question(name, str(TITLES.get(name, name)), False) for name in optional)]


def must_not_ask(right: Right) -> list[Barred]:
    """Return what must not be asked of somebody who uses a right, each with the reason."""
    return [Barred(name, str(because)) for name, because in _barred(right)]


def _barred(right: Right) -> Iterator[tuple[str, str | Promise]]:
    spec = SPECS[right]
    yield from _NEVER.items()
    yield from (_IDENTITY if spec.floor is Floor.NOTHING else _DOCUMENT).items()
    if not spec.searches:
        yield from ((name, _UNSEARCHED) for name in _FINDING)
    for other in SPECS.values():
        for name in other.questions:
            if name not in spec.questions:
                yield name, _("This right does not need it.")
