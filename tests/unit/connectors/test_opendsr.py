"""OpenDSR, against a processor that insists on what the specification says."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dsr.connectors import (
    Ability,
    BadConfig,
    Code,
    Connector,
    ConnectorError,
    Erased,
    Line,
    PermanentFailure,
    RefusalCode,
    Refused,
    Remark,
    Standing,
    TemporaryFailure,
    Term,
    close_all,
    open_connector,
)
from dsr.connectors import opendsr as connecting
from dsr.connectors.opendsr import read_callback
from tests.thirdparty import opendsr
from tests.thirdparty.opendsr import DOMAIN, OpenDsr
from tests.thirdparty.serving import Answer

WHO = {"email": ["Ada@example.org"], "account": ["12"], "phone": ["+353209100001"]}
ALL = (Term("profiles", "usage_data"),)


@pytest.fixture
def processor() -> Iterator[OpenDsr]:
    """A processor of this test's own."""
    with opendsr.running() as running:
        yield running


def opened(processor: OpenDsr, **more: Any) -> Connector:
    """A connector for it."""
    return open_connector("opendsr", processor.config(**more))


def erase(processor: OpenDsr, key: str = "k", cursor: str = "", **more: Any) -> Erased:
    """Ask for Ada's erasure, or how far it is."""
    return opened(processor, **more).erase(WHO, ALL, key=key, cursor=cursor)


def opens(processor: OpenDsr) -> int:
    """How many requests it was sent."""
    return sum(each.method == "POST" for each in processor.asked)


def test_requests_an_erasure_and_looks_until_it_is_done(processor: OpenDsr) -> None:
    urls = ["https://privacy.example.org/told"]

    begun = erase(processor, status_callback_urls=urls, poll_seconds=900.0)
    [name], [said] = processor.requests, processor.requests.values()
    waiting = []
    for word in ("received", "pending", "in_progress", "In-Progress"):
        processor.statuses[name] = word
        waiting.append(erase(processor, cursor=begun.cursor))
    processor.statuses[name] = "completed"
    done = erase(processor, cursor=begun.cursor)

    assert (begun.cursor, begun.again_after, begun.lines) == (name, 900.0, ())
    assert [each.cursor for each in waiting] == [name] * 4
    assert said | {"submitted_time": "", "subject_request_id": ""} == {
        "regulation": "gdpr",
        "subject_request_id": "",
        "subject_request_type": "erasure",
        "submitted_time": "",
        "subject_identities": [
            {"identity_type": "controller_customer_id", "identity_value": "12", "identity_format": "raw"},
            {
                "identity_type": "email",
                "identity_value": hashlib.sha256(b"ada@example.org").hexdigest(),
                "identity_format": "sha256",
            },
        ],
        "api_version": "2.0",
        "status_callback_urls": urls,
    }
    assert done == Erased((Line("profiles", "usage_data", 2, erase=2),), notes=(Remark.COUNTED_BY_IDENTIFIER,))
    assert opens(processor) == 1


def test_says_how_much_it_was_when_the_processor_does(processor: OpenDsr) -> None:
    name = erase(processor).cursor
    processor.statuses[name], processor.counts[name] = "completed", 0

    done = erase(processor, cursor=name)

    assert done == Erased((Line("profiles", "usage_data", 0),))


@pytest.mark.parametrize("answered", [True, False], ids=["asked again", "answer lost"])
def test_opens_one_request_however_often_the_same_call_is_made(processor: OpenDsr, answered: bool) -> None:
    if not answered:
        lost = Answer(500)
        told, processor.answer = processor.answer, lambda asked: (told(asked), lost)[asked.method == "POST"]  # type: ignore[method-assign]
        with pytest.raises(TemporaryFailure):
            erase(processor)
        processor.answer = told  # type: ignore[method-assign]
    first = erase(processor)

    again = erase(processor)
    other_call = opened(processor)

    assert again.cursor == first.cursor
    assert opens(processor) == 1
    assert isinstance(other_call, connecting.OpenDsrConnector)
    assert other_call.request_id("another") != first.cursor
    assert uuid.UUID(first.cursor).version == 4


def test_looks_again_when_it_is_told_that_there_is_one(processor: OpenDsr) -> None:
    name = erase(processor).cursor
    processor.breaks(0, Answer(404))

    again = erase(processor)

    assert (again.cursor, opens(processor)) == (name, 2)
    assert len(processor.requests) == 1


def test_waits_while_another_request_for_the_person_is_under_way(processor: OpenDsr) -> None:
    name = erase(processor, key="the first").cursor

    with pytest.raises(TemporaryFailure) as caught:
        erase(processor, key="the second", poll_seconds=120.0)

    assert (caught.value.code, caught.value.retry_after) == (Code.BUSY, 120.0)
    processor.statuses[name] = "completed"
    assert erase(processor, key="the second").cursor != name


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("denied", Refused, RefusalCode.OTHER),
        ("cancelled", PermanentFailure, Code.NOTHING_CHANGED),
        ("ada@example.org", PermanentFailure, Code.BAD_ANSWER),
    ],
)
def test_does_not_call_done_what_is_not(
    processor: OpenDsr, status: str, kind: type[ConnectorError], code: Code | RefusalCode
) -> None:
    name = erase(processor).cursor
    processor.statuses[name] = status

    with pytest.raises(kind) as caught:
        erase(processor, cursor=name)

    assert caught.value.code == code
    assert "ada" not in str(caught.value)


def test_says_so_when_a_request_is_lost(processor: OpenDsr) -> None:
    name = erase(processor).cursor
    processor.requests.clear()

    with pytest.raises(PermanentFailure) as caught:
        erase(processor, cursor=name)

    assert caught.value.code is Code.NOT_FOUND
    assert opens(processor) == 1


def unsigned(processor: OpenDsr) -> None:
    processor.signed = lambda body: {}  # type: ignore[method-assign]


def signed_by_another(processor: OpenDsr) -> None:
    processor.signs_with = "another"


def signed_for_another(processor: OpenDsr) -> None:
    processor.signs_for = "elsewhere.example.com"


def changed_on_the_way(processor: OpenDsr) -> None:
    sign = processor.signed
    processor.signed = lambda body: sign(body + b" ")  # type: ignore[method-assign]


def no_base64(processor: OpenDsr) -> None:
    processor.signed = lambda body: {  # type: ignore[method-assign]
        "X-OpenDSR-Processor-Domain": DOMAIN,
        "X-OpenDSR-Signature": "é not base64",
    }


def certified_for_another(processor: OpenDsr) -> None:
    processor.certificate = opendsr.certificate(domain="elsewhere.example.com")


def certificate_expired(processor: OpenDsr) -> None:
    processor.certificate = opendsr.certificate(ends=datetime(2021, 1, 1, tzinfo=UTC))


def no_certificate(processor: OpenDsr) -> None:
    processor.certificate = "hello"


WRONG: list[Callable[[OpenDsr], None]] = [
    unsigned,
    signed_by_another,
    signed_for_another,
    changed_on_the_way,
    no_base64,
    certified_for_another,
    certificate_expired,
    no_certificate,
]


@pytest.mark.parametrize("wrong", WRONG)
def test_believes_nothing_that_the_processor_did_not_sign(processor: OpenDsr, wrong: Callable[[OpenDsr], None]) -> None:
    name = erase(processor).cursor
    processor.statuses[name] = "completed"
    close_all()
    wrong(processor)

    for ask in (
        lambda: erase(processor, cursor=name),
        lambda: erase(processor, key="another", identities={"email": {"type": "email", "format": "sha256"}}),
        lambda: read_callback(processor.config(), *processor.callback(name)),
    ):
        with pytest.raises(PermanentFailure) as caught:
            ask()

        assert caught.value.code is Code.BAD_SIGNATURE


def test_does_not_take_an_answer_about_another_request(processor: OpenDsr) -> None:
    first = erase(processor, key="first").cursor
    processor.statuses[first] = "completed"
    second = erase(processor, key="second").cursor
    body, headers = processor.callback(first)
    processor.breaks(0, Answer(200, body, headers))

    with pytest.raises(PermanentFailure) as caught:
        erase(processor, cursor=second)

    assert caught.value.code is Code.BAD_ANSWER


def test_reads_a_callback_in_headers_of_any_case(processor: OpenDsr) -> None:
    name = erase(processor).cursor
    processor.statuses[name] = "in-progress"
    body, headers = processor.callback(name)

    said = read_callback(processor.config(), body, {each.upper(): value for each, value in headers.items()})

    assert said == ("in_progress", name)


def test_reads_a_callback_without_asking_anybody_where_the_certificate_is_configured(processor: OpenDsr) -> None:
    name = erase(processor).cursor
    processor.asked.clear()

    said = read_callback(processor.config(certificate=opendsr.certificate()), *processor.callback(name))

    assert said == ("pending", name)
    assert processor.asked == []


def test_fetches_nothing_for_a_callback_that_does_not_name_the_processor(processor: OpenDsr) -> None:
    name = erase(processor).cursor
    processor.asked.clear()
    signed_for_another(processor)

    with pytest.raises(PermanentFailure):
        read_callback(processor.config(connect_timeout_seconds=3.0), *processor.callback(name))

    assert processor.asked == []


def test_fetches_a_renewed_certificate_once_and_not_for_every_wrong_signature(
    processor: OpenDsr, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = erase(processor).cursor
    signed_by_another(processor)
    with pytest.raises(PermanentFailure):
        erase(processor, cursor=name)
    processor.certificate = opendsr.certificate("another")
    monkeypatch.setattr(connecting, "_FETCHED_AGAIN_AFTER", 0.0)

    found = erase(processor, cursor=name)

    assert found.cursor == name
    assert sum(each.path == "/cert.pem" for each in processor.asked) == 2


def test_fetches_a_certificate_from_no_other_host_and_without_the_secret(processor: OpenDsr) -> None:
    processor.certificate_url = f"http://localhost:{processor.port}/cert.pem"
    with pytest.raises(PermanentFailure) as caught:
        erase(processor)
    named = erase(processor, certificate_hosts=["localhost"])

    assert caught.value.code is Code.ADDRESS_REFUSED
    assert named.cursor
    [fetched] = [each for each in processor.asked if each.path == "/cert.pem"]
    assert fetched.headers.get("Authorization") is None
    for address in ("ftp://127.0.0.1/cert.pem", "", "http://[", f"http://u:p@127.0.0.1:{processor.port}/cert.pem"):
        close_all()
        processor.discovery = {"processor_certificate": address}
        with pytest.raises(PermanentFailure) as odd:
            erase(processor)
        assert odd.value.code in (Code.BAD_ANSWER, Code.ADDRESS_REFUSED)


def test_erases_whole_or_not_at_all(processor: OpenDsr) -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    two = [*processor.config()["datasets"], {"name": "events", "title": "Events", "category": "usage_data"}]

    for term in (Term("profiles", "usage_data", erase=False), Term("profiles", "usage_data", before=day)):
        kept = opened(processor).erase(WHO, [term], key="k")
        assert kept.finished
        assert [(line.erase, line.keep) for line in kept.lines] == [(0, 2)]
    with pytest.raises(PermanentFailure) as partly:
        opened(processor, datasets=two).erase(WHO, ALL, key="k")
    with pytest.raises(PermanentFailure) as called_off:
        opened(processor).erase(WHO, ALL, key="k", still=lambda: False)
    with pytest.raises(PermanentFailure) as handles:
        opened(processor).erase(WHO, ALL, key="k", handles={"profiles": ["1"]})
    with pytest.raises(PermanentFailure) as nobody:
        opened(processor).erase({"phone": ["+353209100001"]}, ALL, key="k")

    assert partly.value.code is Code.NO_STRATEGY
    assert called_off.value.code is Code.CALLED_OFF
    assert handles.value.code is Code.UNABLE
    assert nobody.value.code is Code.NO_IDENTIFIER
    assert opens(processor) == 0


def test_never_looks_as_if_nothing_were_held(processor: OpenDsr) -> None:
    connector = opened(processor)

    for ask in (
        lambda: connector.locate(WHO, key="k"),
        lambda: list(connector.collect(WHO, key="k")),
        lambda: connector.preview(WHO, ALL, key="k"),
    ):
        with pytest.raises(PermanentFailure) as caught:
            ask()
        assert caught.value.code is Code.UNABLE
    assert isinstance(connector, Connector)
    assert connector.identifiers() == {"email", "account"}
    assert connector.abilities() == {Ability.ERASE}
    assert connector.resolve(WHO, key="k") == {}
    assert connector.facts() == ()
    assert connector.standing(WHO, key="k") == Standing()
    assert processor.asked == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401), Code.BAD_CREDENTIALS),
        (Answer(403), Code.PERMISSION_DENIED),
        (Answer(429, None, {"Retry-After": "30"}), Code.BUSY),
        (Answer(502), Code.SYSTEM_ERROR),
        (Answer(301, None, {"Location": "https://elsewhere.example"}), Code.REDIRECT_REFUSED),
    ],
)
def test_names_what_went_wrong(processor: OpenDsr, answer: Answer, code: Code) -> None:
    processor.breaks(0, answer)

    with pytest.raises(ConnectorError) as caught:
        erase(processor)

    assert caught.value.code is code


def test_says_when_a_request_is_not_understood(processor: OpenDsr) -> None:
    with pytest.raises(PermanentFailure) as caught:
        erase(processor, identities={"email": {"type": "mpid"}})

    assert caught.value.code is Code.NOT_UNDERSTOOD


def test_checks_what_the_processor_says_of_itself(processor: OpenDsr) -> None:
    soon = datetime.now(UTC) + timedelta(days=5)

    def codes(**more: Any) -> list[str]:
        close_all()
        return [each.code for each in opened(processor, **more).check()]

    assert codes() == codes(certificate=processor.certificate) == []
    assert codes(identities={"email": {"type": "email", "format": "md5"}}) == ["unknown_identity"]
    assert codes(certificate=opendsr.certificate("another")) == ["certificate_differs"]
    assert codes(domain="elsewhere.example.com") == ["certificate_unfit"]
    assert codes(secret="wrong") == ["bad_credentials"]
    processor.certificate = opendsr.certificate(ends=soon)
    assert codes() == ["certificate_expires"]
    processor.certificate = opendsr.certificate("small")
    assert codes() == ["certificate_unfit"]
    processor.certificate = opendsr.certificate()
    processor.discovery = {"api_version": "1.0", "supported_subject_request_types": ["access"]}
    assert codes() == ["other_version", "no_erasure"]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"certificate": "hello"}, "certificate"),
        ({"status_callback_urls": ["http://privacy.example.org"]}, "status_callback_urls"),
        ({"identities": {}}, "identities"),
        ({"identities": {"email": {"type": "email", "format": "rot13"}}}, "identities.email.format"),
        ({"datasets": []}, "datasets"),
    ],
)
def test_says_what_is_wrong_with_a_configuration(processor: OpenDsr, changed: dict[str, Any], where: str) -> None:
    with pytest.raises(BadConfig) as caught:
        opened(processor, **changed)

    assert where in str(caught.value)
