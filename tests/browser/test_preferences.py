"""Denying the use of call and usage data for marketing in a real browser, without scripts."""

import pytest
from django.utils import timezone

from dsr.choices.cpni import Because
from dsr.services.choices import cpni
from tests.browser import album
from tests.browser.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
PAGE = "No marketing with your call and usage data"


@pytest.mark.usefixtures("support")
def test_use_of_call_data_is_denied_on_one_page(watch: Watch) -> None:
    ana = watch.window()
    ana.open("/preferences/cpni/", PAGE)
    ana.press("Deny the use for marketing", PAGE)
    ana.says("Enter the number of the account.")
    ana.fill("Account number", "AC-1007")
    album.keep(ana.page, "cpni", 900, width=820)
    ana.press("Deny the use for marketing", "The use for marketing is denied")
    ana.says("Download the signed receipt")
    album.keep(ana.page, "cpni-denied", 720, width=820)

    assert cpni.ask("AC-1007", "new_services", moment=timezone.now()).standing.because is Because.OPTED_OUT
