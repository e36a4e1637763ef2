"""What is about others: marked by one, looked over by another, taken out of what is built, and proved to be gone."""

import json
import sqlite3
import zipfile
from contextlib import closing
from typing import Any

import pytest

from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Event, LedgerEntry, Mark, MarkState, Package, Post, Step, SubjectRequest
from dsr.packaging.redacting.finding import BLACK
from dsr.packaging.redacting.parcels import redact_parcel
from dsr.policies import Caller, reason_against
from dsr.rights import Right
from dsr.services import review, search, storage, worksheets
from dsr.services.redaction import applying, marking, proposing, seeing
from dsr.services.redaction.marking import Marking
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.unit.packaging.pdfs import pdf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
GRACE, HER_NUMBER = "Grace Hopper", "+353 87 123 4567"
NOTE = f"{GRACE} (grace.hopper@example.net, 087 123 4567) rang for Ada"


@pytest.fixture
def systems(clock, tmp_path, db):
    """A system whose note about Ada is about somebody else, too."""
    desk = organisation.desk(tmp_path, clock())
    columns = {**organisation.TABLES[0]["columns"], "note": {"title": "Note", "category": "support_feedback_data"}}
    table = {**organisation.TABLES[0], "columns": columns, "ignore": ["restricted"]}
    table.pop("note")
    with closing(sqlite3.connect(tmp_path / "desk.sqlite3")) as connection, connection:
        connection.execute("UPDATE customers SET note = ? WHERE email = ?", (NOTE, builders.ADA))
    desk.seal_json("config", {"url": f"sqlite:///{tmp_path}/desk.sqlite3", "tables": [table]})
    desk.categories = sorted({*desk.categories, "support_feedback_data"})
    desk.save()
    return [desk]


def _mark(request: SubjectRequest, clock: Clock, **changes: Any) -> SubjectRequest:
    values = {"what": "text", "kind": "name", "ground": "third_party_rights", "reason": "She rang for Ada."}
    by = changes.pop("by", None) or builders.hal()
    return marking.mark(request.pk, Marking(**{**values, **changes}), by=by, at=clock.tick())


def _release(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    return builders.again(request)


def _everything(package: zipfile.ZipFile) -> str:
    return "".join(package.read(name).decode() for name in package.namelist())


# --- From the first mark to the answer -------------------------------------------------------------------------------


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_what_two_people_took_out_is_not_in_the_answer_and_the_person_is_told_what_kind_it_was(right, clock, systems):
    request = builders.in_review(right, at=clock())
    _mark(request, clock, passage=GRACE)
    _mark(request, clock, passage=HER_NUMBER, kind="number", reason="It is her own number.")
    _mark(request, clock, passage="grace.hopper@example.net", kind="address")
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())

    request = _release(request, clock)

    assert request.state == State.READY
    with builders.opened(request, clock.tick()) as package:
        [record] = json.loads(package.read("data/desk/customers.json"))
        told = package.read("searched.txt").decode()
        everything = _everything(package)
    assert record["note"] == f"{BLACK} ({BLACK}, {BLACK}) rang for Ada"
    assert record["name"] == "Ada Lovelace"
    assert "Hopper" not in everything
    assert "1234567" not in "".join(filter(str.isalnum, everything))
    assert "The name of somebody else, taken out in 1 place" in told
    assert "A number of somebody else, taken out in 1 place" in told
    assert "It is her own number." in " ".join(told.split())
    lines = LedgerEntry.objects.filter(request=request, category="support_feedback_data")
    assert set(lines.values_list("outcome", "count", "ground")) == {
        ("given", 1, ""),
        ("withheld", 1, "third_party_rights"),
    }
    assert not list(storage.vault().list_prefix("parcels/"))


def test_collecting_an_answer_from_which_something_was_taken_fulfils_it_partly(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())
    request = _release(request, clock)

    builders.opened(request, clock.tick()).close()

    assert builders.again(request).outcome == Outcome.PARTLY_FULFILLED


def test_what_stood_in_a_whole_field_is_taken_out_elsewhere_too(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, what="field", system="desk", dataset="customers", field="name", record=1, kind="staff")
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())

    request = _release(request, clock)

    with builders.opened(request, clock.tick()) as package:
        [record] = json.loads(package.read("data/desk/customers.json"))
    assert record["name"] == BLACK
    assert record["email"] == f"{BLACK}@example.org"  # it says the same name


# --- Two people ------------------------------------------------------------------------------------------------------


def test_nothing_is_released_with_marks_that_nobody_else_has_looked_at(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())

    with pytest.raises(WrongState, match="1 mark that nobody else has looked at") as refused:
        review.approve(request.pk, by=builders.vera(), at=clock.tick())

    assert refused.value.code == "marks-unseen"


def test_nobody_looks_over_their_own_marks(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)

    with pytest.raises(WrongState) as refused:
        marking.look_over(request.pk, by=builders.hal(), at=clock.tick())

    assert refused.value.code == "four-eyes"


def test_each_looks_over_what_the_other_marked(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    _mark(request, clock, passage="grace.hopper@example.net", by=builders.vera())

    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())
    assert builders.again(request).marks_unseen == 1
    marking.look_over(request.pk, by=builders.hal(), at=clock.tick())

    assert builders.again(request).marks_unseen == 0
    assert _release(request, clock).state == State.READY


def test_mark_can_be_taken_back(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    row = Mark.objects.get()

    marking.unmark(request.pk, row.pk, by=builders.hal(), at=clock.tick())

    assert builders.again(request).marks_standing == builders.again(request).marks_unseen == 0
    assert _release(request, clock).state == State.READY
    with pytest.raises(NotFound):
        marking.unmark(request.pk, row.pk, by=builders.hal(), at=clock.tick())


def test_mark_of_another_request_cannot_be_taken_back_here(clock, systems):
    request = builders.in_review(at=clock())
    other = builders.in_review(at=clock.tick(), email=builders.MAX)
    _mark(other, clock, passage=GRACE)

    _mark(request, clock, passage=GRACE)
    with pytest.raises(NotFound):
        marking.unmark(request.pk, other.marks.get().pk, by=builders.hal(), at=clock.tick())


def test_plain_case_is_not_plain_once_something_is_marked(clock, systems, settings):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    settings.AUTO_APPROVE = [Right.ACCESS]

    with pytest.raises(NotAllowed):
        review.approve(request.pk, by=builders.hal(), at=clock.tick())
    against = reason_against(builders.again(request), "approve_by_rule", Caller.system(), clock())
    assert against is not None
    assert against.code == "not-plain"


# --- What can be marked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("changes", "field"), [
    ({"passage": ""}, "passage"),
    ({"passage": "Al"}, "passage"),
    ({"passage": "x" * 501}, "passage"),
    ({"passage": "Get a copy of your data"}, "passage"),
    ({"passage": GRACE, "what": "all"}, "what"),
    ({"passage": GRACE, "kind": "cat"}, "kind"),
    ({"passage": GRACE, "ground": "legal_claims_of_mine"}, "ground"),
    ({"passage": GRACE, "reason": " "}, "reason"),
    ({"what": "field", "system": "nowhere"}, "system"),
    ({"what": "field", "system": "desk", "dataset": "cats"}, "dataset"),
    ({"what": "field", "system": "desk", "dataset": "customers", "field": "cat"}, "field"),
    ({"what": "field", "system": "desk", "dataset": "customers", "field": "name", "record": 2}, "record"),
    ({"what": "file", "system": "desk", "file": 1}, "file"),
    ({"what": "pass", "system": "desk"}, "file"),
])  # fmt: skip
def test_what_cannot_be_marked_is_refused_with_the_input_it_hangs_on(changes, field, clock, systems):
    request = builders.in_review(at=clock())

    with pytest.raises(Incomplete) as refused:
        _mark(request, clock, **changes)

    assert refused.value.field == field
    assert not Mark.objects.exists()


def test_mark_in_a_system_that_was_searched_anew_does_not_count(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, what="field", system="desk", dataset="customers", field="note", record=1)
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())
    search.retry(request.pk, Step.objects.get().pk, by=builders.hal(), at=clock.tick())
    drain(clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())

    with pytest.raises(WrongState) as refused:
        review.approve(request.pk, by=builders.vera(), at=clock.tick())

    assert refused.value.code == "found-anew"


def test_no_personal_value_of_a_mark_is_in_the_history(clock, systems):
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    proposing.seek(request.pk, by=builders.hal(), at=clock.tick())

    assert not [event for event in Event.objects.all() if "opper" in json.dumps(event.data)]


# --- What a program proposes -----------------------------------------------------------------------------------------


def test_program_proposes_what_is_about_others_and_not_what_is_the_persons_own(clock, systems):
    request = builders.in_review(at=clock())

    proposing.seek(request.pk, by=builders.hal(), at=clock.tick())

    found = {(row.kind, row.open("text")) for row in seeing.marks(request)}
    assert found == {("address", "grace.hopper@example.net"), ("number", "087 123 4567")}


def test_proposals_have_to_be_decided_on_and_count_for_nothing_before(clock, systems):
    request = builders.in_review(at=clock())
    proposing.seek(request.pk, by=builders.hal(), at=clock.tick())
    rows = {row.kind: row.pk for row in seeing.marks(request)}

    with pytest.raises(WrongState) as refused:
        review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    marking.decide(request.pk, [rows["number"]], "reject", by=builders.hal(), at=clock.tick())
    marking.decide(request.pk, [rows["address"]], "accept", by=builders.hal(), at=clock.tick())
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())
    request = _release(request, clock)

    assert refused.value.code == "marks-proposed"
    with builders.opened(request, clock.tick()) as package:
        [record] = json.loads(package.read("data/desk/customers.json"))
    assert record["note"] == NOTE.replace("grace.hopper@example.net", BLACK)
    assert Mark.objects.get(pk=rows["number"]).state == MarkState.REJECTED


def test_what_was_decided_is_not_proposed_again(clock, systems):
    request = builders.in_review(at=clock())
    proposing.seek(request.pk, by=builders.hal(), at=clock.tick())
    marking.decide(request.pk, [row.pk for row in seeing.marks(request)], "reject", by=builders.hal(), at=clock.tick())

    proposing.seek(request.pk, by=builders.hal(), at=clock.tick())

    assert seeing.marks(request) == []
    assert builders.again(request).marks_proposed == 0


# --- A leak ----------------------------------------------------------------------------------------------------------


def test_answer_in_which_something_still_stands_is_not_released_and_says_where_and_not_what(
    clock, systems, monkeypatch
):
    def forgetful(found: Any, how: Any, *rest: Any) -> Any:
        """A fault of ours: nothing is taken out."""
        return redact_parcel(found, type(how)(type(how.finder)([])), *rest)

    monkeypatch.setattr(applying, "redact_parcel", forgetful)
    request = builders.in_review(at=clock())
    _mark(request, clock, passage=GRACE)
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())

    request = _release(request, clock)

    assert (request.state, request.turn, request.proposal) == (State.IN_REVIEW, Turn.STAFF, "")
    assert not Package.objects.exists()
    assert not list(storage.vault().list_prefix("packages/"))
    event = Event.objects.get(verb="leak_found")
    assert event.data["kinds"] == ["contents"]
    note = Post.objects.get(pk=event.data["post"]).open("body")
    assert "data/desk/customers.json" in note
    assert "Hopper" not in note
    assert len(list(storage.vault().list_prefix("parcels/"))) == 1


def test_answer_is_built_once_the_leak_is_mended(clock, systems, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(applying, "redacted", _nothing_taken_out(applying.redacted))
        request = builders.in_review(at=clock())
        _mark(request, clock, passage=GRACE)
        marking.look_over(request.pk, by=builders.vera(), at=clock.tick())
        request = _release(request, clock)
    assert request.state == State.IN_REVIEW

    assert _release(request, clock).state == State.READY


def _nothing_taken_out(real: Any) -> Any:
    def redacted(request: Any, contents: Any, *rest: Any) -> Any:
        made = real(request, contents, *rest)
        made.contents = contents
        return made

    return redacted


# --- Files -----------------------------------------------------------------------------------------------------------


def _handed_in(clock: Clock, *files: tuple[str, str, bytes]) -> SubjectRequest:
    """Olga hands in files that she found in the cabinet."""
    organisation.cabinet(clock())
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    token = builders.token_in(builders.letters_to(filed.submission, "worksheet")[-1].link)
    for name, media_type, data in files:
        worksheets.add_file(token, "letters", name, media_type, [data], at=clock.tick())
    worksheets.report(token, "found", "", at=clock.tick())
    drain(clock.tick())
    return builders.only(filed.submission)


def test_files_are_made_anew_or_left_out_and_go_only_after_two_people_looked(clock, db):
    request = _handed_in(
        clock,
        ("letter.pdf", "application/pdf", pdf(f"From {GRACE}")),
        ("scan.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(65)),
    )
    _mark(request, clock, passage=GRACE)
    files = {file.name: number for _, number, file in seeing.files(request)}
    _mark(request, clock, what="pass", kind="file", system="cabinet", file=files["photo.png"], reason="A landscape.")
    marking.look_over(request.pk, by=builders.vera(), at=clock.tick())

    request = _release(request, clock)

    with builders.opened(request, clock.tick()) as package:
        names = {name.rpartition("/")[2] for name in package.namelist() if name.startswith("files/")}
        told = " ".join(package.read("searched.txt").decode().split())
        letter = package.read("files/cabinet/letter.pdf")
    assert names == {"letter.pdf", "photo.png", "index.json"}
    assert "A file that was left out whole, taken out in 1 place" in told
    assert b"/Font" not in letter
