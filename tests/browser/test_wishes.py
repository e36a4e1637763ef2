"""Marketing ended and chosen in a real browser, without scripts; the owner's list; and the page for staff."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.models import EffectDay, System
from dsr.selectors.windows import PARTS
from dsr.services import links
from dsr.services.choices import asking, desk, tokens
from dsr.services.choices.deciding import Wish, decide
from dsr.services.choices.tokens import Bearer
from notifications.sealing import listing_digests
from tests.browser import album
from tests.browser.conftest import work
from tests.browser.watching import Watch
from verification import grants

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
ANA = "ana.example@example.org"
START = "What we may send you"


def allowed(channel: str = "email", topic: str = "offers") -> bool:
    use = asking.Use(Purpose.MARKETING, Scope(channel, topic))
    return asking.check(listing_digests("email", ANA), use, timezone.now()).allowed


@pytest.mark.usefixtures("support")
def test_marketing_is_stopped_on_a_page_and_resumed_by_a_mailed_link(watch: Watch) -> None:
    ana = watch.window()
    ana.open("/preferences/", START)
    ana.press("Stop it", START)
    ana.says("Enter the mail address or the telephone number that shall be left alone.")
    ana.fill("Mail address", ANA)
    album.keep(ana.page, "preferences", 1200, width=820)
    ana.press("Stop it", "Your choice stands")
    ana.says("Download the signed receipt", "something that is already on its way may still arrive")
    assert not allowed()

    mailed = urlsplit(links.preferences(tokens.preferences(Bearer("email", ANA), timezone.now())))
    ana.open(f"{mailed.path}?{mailed.query}", START)
    ana.page.locator("#want-offers-email").check()
    album.keep(ana.page, "preferences-known", 1400, width=820)
    ana.press("Save", "Your choice stands")

    assert allowed()
    assert not allowed("sms")


@pytest.mark.usefixtures("support")
def test_link_in_a_mail_ends_marketing_by_one_press(watch: Watch) -> None:
    ana = watch.window()
    ana.open(urlsplit(links.unsubscribe(tokens.unsubscribe(Bearer("email", ANA)))).path, "Stop marketing")
    assert allowed()
    ana.press("Stop it", "Stopped")

    assert not allowed()


@pytest.mark.usefixtures("support")
def test_owner_and_staff_see_what_waits(watch: Watch) -> None:
    now = timezone.now()
    wish = Wish({"email": [ANA]}, Act.STOP, Via.PREFERENCES, now - timedelta(hours=50), topics=("events",))
    decide(wish, by="", at=now)
    work()
    system = System.objects.get(key="accounts")
    for number, within in enumerate(PARTS, start=1):
        EffectDay.objects.create(system=system, day=now.date(), within=within, number=7 - number)
    owner = watch.window()
    key = grants.issue(desk.PURPOSE, system.pk, now, lasts=timedelta(days=1))
    owner.open(f"/worksheets/choices/?key={key}", "Choices to carry out: Accounts and billing")
    owner.says(ANA, "Marketing: Events")
    album.keep(owner.page, "choices-owner", 760, width=820)

    dora = watch.desk()
    dora.sign_in("dora", "dora-protects-data")
    dora.open("/admin/dsr/window/", "Choices under way")
    dora.says("with the owner", "% in time")
    album.keep(dora.page, "choices-staff", 900)

    owner.page.get_by_label("Done").check()
    owner.press("Send what is ticked", "Choices to carry out: Accounts and billing")
    owner.says("Thank you, 1 is noted as done.", "Nothing waits for you here.")
