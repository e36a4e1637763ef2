"""The coded grounds on which something is refused, held back or kept."""

from django.utils.translation import gettext as _

from dsr.errors import Incomplete
from dsr.models import SubjectRequest
from dsr.rules import pack


def check_ground(request: SubjectRequest, ground: str) -> None:
    """Raise Incomplete unless the ground is coded and may be used for this right."""
    row = pack().refusals.get(ground)
    if row is None or request.right not in row.rights:
        raise Incomplete(_("Choose a ground that the law gives for this right."), field="ground")
