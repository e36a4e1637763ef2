"""By what a person may be searched for: what was proved, and what systems have on file under it."""

from dsr.connectors import open_connector
from dsr.models import Role, Step, Submission, System, Task, Vouched
from dsr.rights import Right
from dsr.services import holds
from verification.proofs import Method

KINDS = ("email", "phone", "account")
"""What people are known by."""
PROVED_KINDS = frozenset({"email"})
"""What every system can be searched by without asking another one first."""


_BY_MAIL = frozenset({Method.MAIL_LINK, Method.MAIL_CODE})


def known_identifiers(submission: Submission) -> dict[str, list[str]]:
    """Return what systems may be searched by: what was proved, and nothing that was merely claimed.

    An agent's own address is never among it.
    """
    proved = {kind: values for kind, values in submission.open_json("proved").items() if kind in KINDS}
    if submission.proved_sealed is None and submission.verified_method in _BY_MAIL:
        # proved under an earlier release, which knew the contact address alone
        return {"email": [submission.open("email")]}
    return proved


def claimed_kinds(step: Step) -> set[str]:
    """Return the kinds of identifier that the person merely claimed and that this system knows people by."""
    submission = step.request.submission
    claimed = set(submission.open_json("identifiers")) | ({"phone"} if submission.phone_sealed else set())
    if submission.vouched in (Vouched.ON_FILE, Vouched.DROPPED):
        claimed = set()  # searched by as well as anything, or given up by the person
    return claimed & set(step.system.identifiers)


def identifiers_for(step: Step | Task) -> dict[str, list[str]]:
    """Return what one system may be searched by: the proved identifiers, and those on file for the same person.

    By what was not proved a system is searched only as the systems, itself among them, have it on file under what was.
    """
    proved = known_identifiers(step.request.submission)
    wanted = set(step.system.identifiers)
    if step.request.right == Right.DELETION:
        wanted |= holds.kinds_named()  # a hold protects the person in systems, too, that do not know them by that
    missing = wanted - set(proved)
    who = {kind: list(values) for kind, values in proved.items()}
    if not missing:
        return who
    others = System.objects.filter(active=True, role=Role.OWN)
    for system in others.select_related("data_key"):
        connector = open_connector(system.connector, system.open_json("config"))
        for kind, values in connector.resolve(proved, key=f"{step.pk}:{system.key}").items():
            if kind in missing:
                who[kind] = sorted({*who.get(kind, ()), *values})
    return who
