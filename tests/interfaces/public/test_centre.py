"""The privacy centre says what the rule files say, whoever's rules they are."""

import re
from pathlib import Path

import pytest

from dsr.public import places, terms
from dsr.rights import SPECS, Right
from dsr.rules import loader, pack
from tests.architecture.habits import ROOT
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db
PAGES = (
    "/",
    "/help/",
    "/accessibility/",
    "/preferences/advertising/",
    "/preferences/sensitive/",
    "/preferences/third-parties/",
    "/requests/new/",
    "/requests/track/",
)


@pytest.fixture
def library(settings):
    """Another organisation's notice."""
    settings.RULES_DIR = ROOT / "tests" / "fixtures" / "rules"
    loader.forget()
    yield pack()
    loader.forget()


def test_centre_shows_contacts_times_and_complaint_routes_of_the_notice_in_force(visitor, clock):
    notice = pack().notice_in_force(clock().date())

    visitor.open("/")

    for contact in notice.contacts:
        assert contact.email in visitor.text
    for office in notice.offices:
        assert all(line in visitor.text for line in office.lines)
    for route in notice.complaint_routes:
        assert route.who in visitor.text
    for offer in notice.rights:
        spec = SPECS[Right(offer.right)] if offer.right in SPECS else None
        assert str(spec.title if spec and spec.offered and not spec.chooses else offer.title) in visitor.text
    assert "45 calendar days" in visitor.text
    assert "1 month" in visitor.text
    assert f"{notice.version:%B %Y}" in visitor.text


def test_a_later_notice_shows_by_itself_when_it_comes_into_force(visitor, clock):
    before = visitor.open("/").text

    clock.tick(days=60)

    assert visitor.open("/").text != before
    assert "78 Sir John" in visitor.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_another_organisations_under_its_rules(visitor, library, path):
    notice = library.notices[0]

    visitor.open(path)

    assert visitor.status == 200
    assert notice.organisation.short_name in visitor.text
    assert "twilio" not in visitor.response.content.decode().lower()


@pytest.mark.parametrize("path", PAGES)
def test_pages_cost_no_statement_set_no_cookie_and_load_nothing_from_elsewhere(visitor, path):
    with counted() as statements:
        visitor.open(path)

    html = visitor.response.content.decode()
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', html)
    assert statements == []
    assert not visitor.response.cookies
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)
    assert "<script" not in html
    assert "default-src 'none'" in visitor.response["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_head_and_refuse_other_methods(db, path):
    client = Visitor().client

    assert client.head(path).status_code == 200
    for method in (client.put, client.delete, client.patch):
        answer = method(path)
        assert answer.status_code == 405
        assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/requests/", "/requests/new/x/", "/%00", "/%ff%fe", "/requests/%E2%80%AE/", "/" + "a" * 3000]
)
def test_an_address_that_leads_nowhere_gets_a_page(visitor, path):
    visitor.open(path)

    assert visitor.status == 404
    assert "/help/" in visitor.page.links.values()


def test_every_text_of_the_pages_can_be_translated():
    bare = re.compile(r">\s*[A-Z][a-z]+ [a-z]+[^<{]*<")
    found = [
        f"{path.name}: {match.group()}"
        for folder in ("public", "components")
        for path in sorted(Path(ROOT, "templates", folder).rglob("*.html"))
        for match in bare.finditer(path.read_text(encoding="utf-8"))
    ]

    assert not found


def test_times_are_grouped_by_part_of_the_world_and_states_that_agree_share_a_line(visitor, clock):
    found = terms.parts(clock())

    assert [part.title for part in found][:2] == ["Europe", "United States"]
    states = next(part for part in found if part.title == "United States")
    together = [term.title for term in states.terms if ", " in term.title]
    assert any("Virginia" in title and "Texas" in title for title in together)
    assert not any("New Jersey" in term.title for part in found for term in part.terms), "switched off"
    text = visitor.open("/").text
    assert [term.title for part in found for term in part.terms if term.title not in text] == []


def test_every_state_can_be_chosen(clock):
    notice = pack().notice_in_force(clock().date())

    offered = places.regions("US", notice)

    assert len(offered) == 51
    assert {"CA", "OH", "DC"} <= set(offered)
    assert places.regions("IE", notice) == []
