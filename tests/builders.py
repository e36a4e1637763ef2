"""Test data by living through it: every request here went through the functions that people reach.

The cast is constant. Ada asks, Hal handles, Vera approves, Sam answers the phone, Max is a stranger.
"""

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission, User

from dsr.deadlines import local_date
from dsr.lifecycle import Actor, State
from dsr.models import Channel, ItemDecision, SubjectRequest, Submission, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import pack
from dsr.services import arguing, correction, delivery, identity, intake, proving, review, weighing
from dsr.services._moves import holding
from dsr.services.erasure import waiting
from dsr.services.weighing import Weight
from notifications import letters, outbox
from notifications.delivery import sent_body
from tests.drain import drain
from verification.proofs import Method

ADA = "ada.lovelace@example.org"
MAX = "max.stranger@example.net"
_PERMISSIONS = {
    "hal": ("work_requests",),
    "vera": ("work_requests", "approve_requests", "reveal_personal"),
    "ivy": ("work_requests", "check_identity"),
    "dora": ("work_requests", "approve_requests", "check_identity", "officer_requests"),
    "sam": ("file_requests",),
}


def staff(name: str, *extra: str) -> User:
    """Return the account of one of the cast, with the permissions of the role."""
    user, made = User.objects.get_or_create(
        username=name, defaults={"email": f"{name}@staff.example.org", "is_staff": True}
    )
    if made or extra:
        codes = (*_PERMISSIONS.get(name, ()), *extra)
        user.user_permissions.add(*Permission.objects.filter(content_type__app_label="dsr", codename__in=codes))
    return User.objects.get(pk=user.pk)


def hal(via: str = "admin") -> Caller:
    """Hal handles."""
    return Caller.of_user(staff("hal"), via)


def vera(via: str = "admin") -> Caller:
    """Vera approves."""
    return Caller.of_user(staff("vera"), via)


def ivy(via: str = "admin") -> Caller:
    """Ivy checks who people are."""
    return Caller.of_user(staff("ivy"), via)


def dora(via: str = "admin") -> Caller:
    """Dora answers for data protection."""
    return Caller.of_user(staff("dora"), via)


def sam(via: str = "api") -> Caller:
    """Sam answers the phone."""
    return Caller.of_user(staff("sam"), via, only=(Actor.SUPPORT,))


DETAILS: dict[Right, dict[str, str]] = {
    Right.DELETION: {"consequences": "yes"},
    Right.CORRECTION: {"wrong_1": "My name is wrong.", "right_1": "Augusta Ada Lovelace"},
    Right.RESTRICTION: {"restriction_ground": "accuracy_contested"},
    Right.CPNI_OPT_OUT: {"cpni_account": "A-1"},
    Right.CONSENT_WITHDRAWAL: {"consents": "platform_analytics surveys"},
    Right.OBJECTION: {
        "objected": "sales_insights profiling",
        "own_grounds": "I write about networks myself, and my trials must not become somebody else's product.",
    },
    Right.CHILD_ACCOUNT: {"reporter": "parent", "childs_account": "kid@example.org", "childs_why": "She told me."},
    Right.AUTOMATED_DECISION_REVIEW: {"decision_kind": "account_suspension"},
    Right.COMPLAINT: {"complaint": "You wrote to me although I had asked you not to."},
    Right.BCR_COMPLAINT: {"complaint": "My data was passed on in America without anybody telling me."},
}
"""What has to be said with some rights."""
PLACES: dict[Right, dict[str, str]] = {
    Right.CPNI_OPT_OUT: {"country": "US", "region": "CA"},
    Right.THIRD_PARTY_DISCLOSURE_OPT_OUT: {"country": "JP"},
}
"""Where Ada lives when she asks for what no law gives at home."""


def filing(*rights: Right, **changes: Any) -> intake.Filing:
    """Return what Ada files."""
    values: dict[str, Any] = {
        "channel": Channel.WEB,
        "language": "en",
        "country": "IE",
        "region": "",
        "relationship": "customer",
        "email": ADA,
        "name": "Ada Lovelace",
        "wants": tuple(intake.Want(right, DETAILS.get(right, {})) for right in rights or (Right.ACCESS,)),
    }
    return intake.Filing(**{**values, **(PLACES.get(rights[0], {}) if rights else {}), **changes})


def file(*rights: Right, at: datetime, **changes: Any) -> intake.Filed:
    """Ada files."""
    return intake.file(filing(*rights, **changes), by=Caller.person(), at=at)


def letters_to(submission: Submission, kind: str = "") -> list[Any]:
    """Return the letters about a submission that wait to be sent, oldest first, as their typed contexts.

    What has been sent is blotted out in our own copy, so a test that needs a link or code reads it before it drains.
    """
    messages = outbox.about(submission.pk).exclude(context_sealed=None).order_by("created_at", "id")
    found = [letters.unpack(message.kind, message.open("context")) for message in messages]
    return [letter for letter in found if not kind or letter.kind == kind]


def sent_text(submission: Submission, kind: str) -> str:
    """Return the text of the last letter of a kind as it went out, live secrets blotted out."""
    message = outbox.about(submission.pk).select_related("data_key").filter(kind=kind).latest("created_at")
    body = sent_body(message)
    assert body is not None, message.state
    return body.text


def token_in(link: str) -> str:
    """Return the grant or proof that a link carries."""
    return link.partition("key=")[2]


def confirm(submission: Submission, at: datetime) -> identity.Confirmed:
    """Ada opens her mail and presses the button."""
    letter = letters_to(submission, "confirm_address")[-1]
    return identity.confirm_link(token_in(letter.link), by=Caller.person(), at=at)


def prove(submission: Submission, at: datetime) -> None:
    """Ada does what else is asked: goes on without what she claimed, and signs in where a mail is not enough."""
    found = Submission.objects.get(pk=submission.pk)
    if found.vouched in (Vouched.OPEN, Vouched.ELSEWHERE):
        proving.go_without(submission.pk, by=Caller.person(), at=at)
    if submission.requests.filter(state=State.VERIFYING).exists():
        with holding(submission_id=submission.pk) as case:
            address = case.submission.open("email")
            proving.record(case, Method.LOGIN, by=Caller.person(), at=at, proved={"email": [address]})


def in_review(*rights: Right, at: datetime, **changes: Any) -> SubjectRequest:
    """A request at the desk, all systems searched that can be searched without a person."""
    filed = file(*rights, at=at, **changes)
    if letters_to(filed.submission, "confirm_address"):
        confirm(filed.submission, at)
    if filed.submission.requests.filter(state=State.VERIFYING).exists():
        prove(filed.submission, at)
    drain(at)
    return only(filed.submission)


def stops(use: str) -> Weight:
    """What Hal finds about a use that stops."""
    return Weight(use, "legitimate_interest", "stop", "What you say weighs more than what we gain by it.")


def goes_on(use: str) -> Weight:
    """What Hal finds about a use that goes on."""
    return Weight(
        use,
        "legitimate_interest",
        "go_on",
        "Your account can send to the public, so others are harmed if it is taken over and nobody notices.",
        ground="compelling_grounds",
        interest="Accounts that are taken over send fraud to thousands of people within minutes.",
        compelling="Hers sends to the public at a high rate, and was attacked twice this spring.",
        alternatives="Looking by hand comes hours too late; fewer signals missed both attacks of this spring.",
        effect="She is asked for a second factor now and then; nothing is decided against her by it.",
    )


def objected(at: datetime, **changes: Any) -> SubjectRequest:
    """An objection that Hal weighed and Vera decided: everything stops, and systems are still to confirm it."""
    request = in_review(Right.OBJECTION, at=at, **changes)
    drain(at)
    for use in ("sales_insights", "profiling"):
        weighing.weigh(request.pk, stops(use), by=hal(), at=at)
    weighing.propose(request.pk, by=hal(), at=at)
    return weighing.decide(request.pk, by=vera(), at=at)


def settle(request: SubjectRequest, at: datetime) -> None:
    """Do what has to come before Hal can propose: Ada confirms an erasure, Hal decides what is put right."""
    if request.right == Right.DELETION:
        waiting.confirm(request.pk, by=Caller.person(), at=at)
    if request.right == Right.CORRECTION:
        decision = correction.Decision(ItemDecision.CORRECT, ("desk.customers.name",))
        correction.decide_item(request.pk, 1, decision, by=hal(), at=at)


def prepared(at: datetime, *, right: Right = Right.ACCESS, **changes: Any) -> SubjectRequest:
    """A request that Hal proposes to answer."""
    request = in_review(right, at=at, **changes)
    settle(request, at)
    return review.prepare(request.pk, by=hal(), at=at)


def approved(right: Right, at: datetime, **changes: Any) -> SubjectRequest:
    """A request that Vera approved."""
    request = prepared(at, right=right, **changes)
    return review.approve(request.pk, by=vera(), at=at)


def ready(at: datetime, **changes: Any) -> SubjectRequest:
    """A request whose answer waits to be collected."""
    request = prepared(at, **changes)
    review.approve(request.pk, by=vera(), at=at)
    drain(at)
    return again(request)


def argue(request: SubjectRequest, at: datetime, *, by: Caller | None = None, **answers: str) -> SubjectRequest:
    """Hal says what proves the grounds that are used: of the refusal he proposed, or of all that he holds back."""
    now = again(request)
    parts: list[tuple[UUID | None, str]] = [(None, now.refusal_ground)] if now.refusal_ground else []
    parts += [] if parts else list(now.withholdings.filter(lifted_at=None).values_list("pk", "ground"))
    today = local_date(at, now.submission.zone)
    for part, ground in parts:
        kinds = {"text": "See the file.", "date": f"{today:%Y-%m-%d}", "count": "3", "yes_no": "yes"}
        given = {each.id: each.must or kinds[each.kind] for each in pack().refusal(ground).checklist}
        proof = arguing.Proof("document", "Safe 4, folder 17", "The legal team", today)
        now = arguing.argue(now.pk, proof, {**given, **answers}, by=by or hal(), at=at, withholding_id=part)
    return now


def refused(
    request: SubjectRequest, at: datetime, ground: str = "abuse_of_right", reason: str = "No."
) -> SubjectRequest:
    """A request that Hal proposed to refuse, proving the ground, and Dora refused."""
    review.propose_refusal(request.pk, ground, reason, by=hal(), at=at)
    argue(request, at)
    return review.refuse(request.pk, by=dora(), at=at)


def only(submission: Submission) -> SubjectRequest:
    """Return the first request of a submission as it is now."""
    return SubjectRequest.objects.select_related("submission__data_key").filter(submission=submission).earliest("id")


def again(request: SubjectRequest) -> SubjectRequest:
    """Return a request as it is now."""
    return SubjectRequest.objects.select_related("submission__data_key").get(pk=request.pk)


def ids(requests: Iterable[SubjectRequest]) -> set[UUID]:
    """Return the keys of requests."""
    return {request.pk for request in requests}


def opened(request: SubjectRequest, at: datetime) -> zipfile.ZipFile:
    """Ada asks for a code, types it, downloads the package and opens it."""
    challenge = delivery.ask_code(request.pk, at=at)
    code = letters_to(again(request).submission, "download_code")[-1].code
    token = delivery.open_download(request.pk, challenge, code, by=Caller.person(), at=at)
    return zipfile.ZipFile(io.BytesIO(b"".join(delivery.stream(token, first=None, last=None, at=at).chunks)))
