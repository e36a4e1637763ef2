"""Letters by mail at the console: read safely, in the right order, by those who may; and requests entered by hand."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.admin.filing import FilingForm
from dsr.inbound.imap import Waiting
from dsr.models import Channel, InboundMail, MailboxState, MailState, Submission
from dsr.rights import SPECS, Right
from dsr.services.inbound import keeping, tidying, understanding
from tests import builders, mails
from tests.interfaces.admin.desk import signed_in, text
from tests.statements import counted

LIST = "/admin/dsr/inboundmail/"
ENTER = f"{LIST}enter/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _vault(settings, tmp_path):
    settings.STORAGE_URL = f"file://{tmp_path}/vault"


def arrive(words="Please delete my data.", hours=1, **more):
    at = timezone.now() - timedelta(hours=hours)
    raw = mails.packed({"subject": "hello", "text": words, **more})
    row, _new = keeping.keep(raw, Waiting(1, len(raw), at), validity=1, at=at)
    return understanding.understand(row.pk, at)


def act(client, row, verb, /, **given):
    return client.post(f"{LIST}{row.pk}/acts/{verb}/", given)


def page(row):
    return f"{LIST}{row.pk}/change/"


FILED = {"email": builders.ADA, "country": "IE", "relationship": "customer", "language": "en", "name": "Ada"}


MAY = {"hal": True, "sam": True, "dora": True, "ivy": False, "syl": False}


@pytest.mark.parametrize(("name", "may"), MAY.items())
def test_letters_are_for_those_who_deal_with_them(name, may):
    row = arrive()
    client = signed_in(name)

    assert client.get(LIST).status_code == (200 if may else 403)
    assert client.get(page(row)).status_code == (200 if may else 404)
    assert client.get(ENTER).status_code == (200 if may else 404)
    assert act(client, row, "set_aside", code="spam").status_code == (302 if may else 404)
    assert ("Letters by mail (1)" in text(client.get("/admin/"))) is may


def test_children_and_authorities_stand_first_then_the_oldest():
    arrive("Newer plain letter.", hours=1, subject="newer")
    arrive("Older plain letter.", hours=9, subject="older")
    arrive("Book a demo of our CRM.", hours=20, subject="pitch")
    arrive("This is a criminal investigation.", hours=2, subject="police")
    arrive("He is nine.", hours=1, subject="Children")

    shown = text(signed_in("hal").get(LIST))

    places = [shown.index(f">{subject}<") for subject in ("Children", "police", "older", "newer", "pitch")]
    assert places == sorted(places)


def test_list_costs_the_same_however_many_there_are():
    client = signed_in("hal")
    arrive()
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(10):
        arrive(f"Number {number}")
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)

    assert len(few) == len(many)


def test_letter_is_shown_as_text_and_nothing_of_it_is_loaded_or_run():
    row = arrive(
        '<p>Delete my data &lt;script&gt;alert(1)&lt;/script&gt;</p><img src="https://evil.example/p.gif">'
        '<a href="https://evil.example/go">here</a>',
        html=True,
        subject="<b>bold</b>",
        attach=["<img src=x>.pdf"],
    )

    shown = text(signed_in("hal").get(page(row)))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown
    assert 'src="https://evil' not in shown
    assert 'href="https://evil' not in shown
    assert "<code>https://evil.example/go</code>" in shown
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    assert "<img src=x>" not in shown
    assert "Because it says" in shown
    assert "Files came along" in shown


def openings(row):
    return list(row.entries.filter(move="opened").values_list("by", flat=True))


def test_opening_a_letter_is_on_record_once_an_hour_and_person():
    row = arrive("A canary in a coal mine.")
    hal, dora = signed_in("hal"), signed_in("dora")
    hal.get(LIST)
    assert openings(row) == [], "a list is no letter"

    for client in (hal, hal, dora, hal):
        shown = text(client.get(page(row)))

    pks = [str(User.objects.get(username=name).pk) for name in ("hal", "dora")]
    assert openings(row) == pks
    assert shown.count("<td>Opened</td>") == 2
    assert {str(facts) for facts in row.entries.filter(move="opened").values_list("facts", flat=True)} == {"{}"}
    row.entries.filter(move="opened", by=pks[0]).update(at=timezone.now() - timedelta(minutes=61))
    hal.get(page(row))
    assert openings(row) == [*pks, pks[0]]


def test_opening_a_letter_again_costs_no_writing_and_one_statement_more():
    row, hal = arrive(), signed_in("hal")
    hal.get(page(row))

    with counted() as again:
        hal.get(page(row))

    assert [each for each in again if "dsr_mailentry" in each and not each.startswith("SELECT")] == []
    assert sum("dsr_mailentry" in each for each in again) == 2, "\n".join(again)


def test_letter_that_is_destroyed_is_opened_by_nobody():
    row, hal = arrive("Book a demo of our CRM."), signed_in("hal")
    act(hal, row, "set_aside", code="spam")
    tidying.purge(timezone.now() + timedelta(days=400))

    assert "This letter has been destroyed." in text(hal.get(page(row)))

    assert openings(row) == []


def test_proposed_rights_are_ticked_and_only_what_is_ticked_is_filed():
    row = arrive("What do you know about me? And stop sending me marketing emails.")
    client = signed_in("hal")
    shown = text(client.get(page(row)))
    assert shown.count("checked") >= 2

    refused = act(client, row, "file", rights=["access"], **{**FILED, "country": ""})
    done = act(client, row, "file", rights=["access"], **FILED)

    assert refused.status_code == 422
    assert done.status_code == 302
    submission = Submission.objects.get()
    assert [request.right for request in submission.requests.all()] == ["access"]
    assert submission.reference in text(client.get(page(row)))


def test_detail_whose_right_is_not_ticked_is_not_lost_silently():
    row = arrive()

    answer = act(signed_in("hal"), row, "file", rights=["access"], **FILED, **{"correction.wrong_1": "My name."})

    assert answer.status_code == 422
    assert "Tick what this belongs to" in text(answer)


def boxes(shown):
    """Each right of the form with what is asked beneath it."""
    form = shown[shown.index('<ul class="r-ticks">') :]
    return form[: form.index("</form>")].split("\n      <li")[1:]


def test_each_right_has_its_questions_beneath_it_in_words_about_somebody_else():
    found = boxes(text(signed_in("hal").get(page(arrive()))))

    assert len(found) == len(SPECS)
    for right, box in zip(SPECS, found, strict=True):
        assert f'value="{right}"' in box
        for question in SPECS[right].questions:
            assert f'name="{right}.{question}"' in box
    labels = [str(field.label) for field in FilingForm(on=timezone.now().date()).fields.values()]
    assert [label for label in labels if re.search(r"\b(you|your)\b", label, re.IGNORECASE)] == []
    needed = found[list(SPECS).index(Right.CHILD_ACCOUNT)]
    assert "may stay empty" not in needed


def test_uses_that_are_objected_to_are_ticked_and_filed():
    row, hal = arrive("I object to profiling."), signed_in("hal")
    why = {"objection.own_grounds": "I am followed by somebody."}

    bare = act(hal, row, "file", rights=["objection"], **FILED, **why)
    unknown = act(hal, row, "file", rights=["objection"], **FILED, **why, **{"objection.objected": ["weather"]})
    uses = {"objection.objected": ["profiling", "automated_decisions"]}
    done = act(hal, row, "file", rights=["objection"], **FILED, **why, **uses)

    assert (bare.status_code, unknown.status_code, done.status_code) == (422, 422, 302)
    assert "Choose to which use you object." in text(bare)
    details = Submission.objects.get().requests.get(right="objection").open_json("details")
    assert details["objected"] == "profiling automated_decisions"


def test_form_that_comes_back_opens_where_something_is_missing_and_keeps_it_in_sight():
    answer = act(signed_in("hal"), arrive(), "file", rights=["access"], **FILED, **{"correction.wrong_1": "My name."})
    refused = act(signed_in("hal"), arrive("Another."), "file", rights=["child_account"], **FILED)

    kept = boxes(text(answer))[list(SPECS).index(Right.CORRECTION)]
    assert kept.startswith(' class="r-kept"')
    assert text(refused).count("autofocus") == 1
    assert "autofocus" in boxes(text(refused))[list(SPECS).index(Right.CHILD_ACCOUNT)]


def test_letter_is_set_aside_by_two_and_opened_again():
    row = arrive()
    hal, vera = signed_in("hal"), signed_in("vera")

    assert act(hal, row, "set_aside", code="").status_code == 422
    assert act(hal, row, "set_aside", code="no_request").status_code == 302
    assert "somebody else has to confirm" in text(hal.get(page(row)))
    assert act(hal, row, "confirm").status_code == 403
    assert page(row) in text(vera.get(f"{LIST}?standing=second"))
    assert act(vera, row, "confirm").status_code == 302
    assert page(row) in text(vera.get(f"{LIST}?standing=done"))
    assert act(vera, row, "reopen").status_code == 302
    assert InboundMail.objects.get().state == MailState.WAITING
    assert act(vera, row, "nonsense").status_code == 404


def test_late_letters_and_a_mailbox_that_fails_are_seen(settings):
    row = arrive(hours=80)
    settings.MAILBOX_URL = "imaps://a:b@mail.example.org/INBOX"
    MailboxState.objects.create(failing_since=timezone.now() - timedelta(hours=3), error="connect-timeout")
    client = signed_in("hal")

    shown = text(client.get("/admin/"))

    assert "letters by mail are late" in shown
    assert "connect-timeout" in shown
    assert page(row) in text(client.get(f"{LIST}?standing=late"))
    assert client.get("/readyz").json()["checks"]["mailbox"] == "degraded"
    metrics = text(client.get("/metrics"))
    assert "recourse_waiting_letters 1.0" in metrics
    assert "recourse_overdue_letters 1.0" in metrics
    assert "recourse_mailbox_failing_seconds 0.0" not in metrics


# --- entered by hand --------------------------------------------------------------------------------------------------


def entered(client, **changes):
    day = changes.pop("day", timezone.now().date() - timedelta(days=4))
    given = {
        **FILED,
        "channel": "post",
        "day": day.isoformat(),
        "nonce": "0191c2b0-a7d0-7e6f-8f4e-0c7a53f7f6d1",
        "rights": ["access", "marketing_opt_out"],
        **changes,
    }
    return client.post(ENTER, given)


def test_request_by_letter_shows_its_dates_first_and_counts_from_its_day():
    client = signed_in("sam")
    day = timezone.now().date() - timedelta(days=4)

    first = entered(client, check="1")
    assert not Submission.objects.exists()
    done, twice = entered(client, file="1"), entered(client, file="1")

    submission = Submission.objects.get()
    due = submission.requests.get(right="access").due_on
    assert f"{due.day} {due:%b} {due.year}" in text(first)
    assert done.status_code == twice.status_code == 302
    assert (submission.channel, submission.received_at.date()) == (Channel.POST, day)
    assert {request.right for request in submission.requests.all()} == {"access", "marketing_opt_out"}


def test_day_that_lies_ahead_is_refused_with_a_sentence():
    answer = entered(signed_in("sam"), day=timezone.now().date() + timedelta(days=2), file="1")

    assert answer.status_code == 422
    assert "cannot have come in later than now" in text(answer)
    assert not Submission.objects.exists()


def test_today_is_now_and_not_later():
    assert entered(signed_in("sam"), day=timezone.now().date(), channel="phone", file="1").status_code == 302

    assert Submission.objects.get().received_at <= timezone.now()


@pytest.mark.parametrize(("channel", "said"), [("in_person", "in person"), ("support", "customer support")])
def test_what_was_said_in_person_is_told_from_what_came_to_support(channel, said):
    client = signed_in("sam")
    assert f'<option value="{channel}"' in text(client.get(ENTER))

    entered(client, channel=channel, file="1")

    submission = Submission.objects.get()
    filed = submission.events.get(verb="file", request__right="access")
    assert (submission.channel, filed.data["channel"], submission.get_channel_display()) == (channel, channel, said)
