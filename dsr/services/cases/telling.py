"""Telling a person that an authority asks about them: never by itself, only with words that somebody wrote."""

from datetime import datetime
from uuid import UUID

from dsr import caselife
from dsr.models import AuthorityCase
from dsr.policies import Caller
from dsr.policies.cases import check_can_make
from dsr.services import threads
from dsr.services.cases import road
from dsr.services.cases.entering import link_of
from dsr.services.threads import checked_text


def tell(
    case_id: UUID, link_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Write to the person of a linked filing, as a message of the request that the case is about.

    The mail says that there is a message; what it says stays behind the tracker's link.
    """
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["tell_person"], by, at)
        row, text = link_of(case, link_id), checked_text(text)
        request_id = row.request_id or row.submission.requests.order_by("id").values_list("pk", flat=True)[0]
        road.move(case, "tell_person", by=by, at=at, data={"link": str(row.pk)}, text=text)
        threads.write_to_person(request_id, text, by=by, at=at)
        row.told_at = at
        row.save(update_fields=["told_at"])
    return case
