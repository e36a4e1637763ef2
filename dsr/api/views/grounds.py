"""The grounds on which a request may be refused or a part of it held back, and what is on record for those used."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.reading import no_parameters
from dsr.api.scopes import bearing
from dsr.api.shapes import grounds
from dsr.api.views.requests import find
from dsr.models import Argument, SubjectRequest
from dsr.rules import Refusal, pack
from dsr.selectors.earlier import earlier
from notifications.models import Forgotten


class Grounds(Endpoint):
    """What may be refused on, and what that takes."""

    scopes = {"GET": frozenset({scopes.STAFF})}

    @extend_schema(
        operation_id="list_grounds",
        summary="The grounds for one request, what each takes, and what is on record for those used",
        responses={200: grounds.GroundsShown},
        tags=["moves"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the grounds that fit the right, with earlier requests of the same person."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        fitting = [row for row in pack().refusals.values() if found.right in row.rights]
        return show(
            grounds.GroundsShown(
                results=[_ground(row, found) for row in sorted(fitting, key=lambda row: row.id)],
                proofs=[_proof(row, found) for row in found.arguments.filter(replaced_at=None).select_related("by")],
                earlier=[
                    grounds.EarlierShown(
                        id=row.id,
                        reference=row.reference,
                        right=row.right,
                        received_at=row.received_at,
                        state=row.state,
                        outcome=row.outcome or None,
                        closed_at=row.closed_at,
                    )
                    for row in earlier(found)
                ],
            )
        )


def questions(ground: str) -> list[grounds.QuestionOfGround]:
    """Return the questions of a ground; none for "" and for one that puts none."""
    row = pack().refusals.get(ground)
    return [
        grounds.QuestionOfGround(id=each.id, asks=each.wording("asks", get_language()), kind=each.kind, must=each.must)
        for each in (row.checklist if row else ())
    ]


def _ground(row: Refusal, found: SubjectRequest) -> grounds.GroundShown:
    language, laws = get_language(), [found.regime, *found.submission.regimes]
    cited = {each.regime: each for each in row.citations}
    return grounds.GroundShown(
        ground=row.id,
        title=row.wording("title", language),
        plain=row.why(language=language),
        scope=row.scope,
        evidence=row.evidence,
        must_argue=row.must_argue,
        officer=row.officer,
        generic=row.generic,
        questions=questions(row.id),
        citations=[
            grounds.CitationShown(regime=law, source=cited[law].source, confidence=cited[law].confidence)
            for law in dict.fromkeys([*laws, "default"])
            if law in cited
        ],
    )


def _proof(row: Argument, found: SubjectRequest) -> grounds.ProofShown:
    row.request = found
    try:
        place, author, answers = row.open("place"), row.open("author"), row.open_json("answers")
    except Forgotten:
        place, author, answers = "", "", {}
    return grounds.ProofShown(
        ground=row.ground,
        withholding=row.withholding_id,
        proof_kind=row.proof_kind,
        proof_place=place,
        proof_author=author,
        proof_on=row.proof_on,
        answers=answers,
        by=row.by.username,
        at=row.at,
    )
