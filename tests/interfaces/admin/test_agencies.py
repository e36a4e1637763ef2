"""The console for agents: the checker's list of an authority, and the agencies."""

import pytest
from django.urls import reverse

from dsr.services.mandated import AgentClaim
from tests import builders
from tests.interfaces.admin import desk
from tests.interfaces.admin.desk import move, sheet, signed_in, text
from verification.models import Agency, Mandate, MandateState

pytestmark = pytest.mark.django_db
LIST = "/admin/verification/agency/"
POA = ["dated", "signed_by_principal", "names_agent", "covers_right", "in_force"]


@pytest.fixture
def asked(clock):
    """Mandy asks for Ada and has confirmed her own address."""
    claim = AgentClaim(kind="power_of_attorney", name="Mandy <Mandate>", person_email=builders.ADA)
    submission = builders.file(at=clock(), email="mandy@agency.example", agent=claim).submission
    builders.confirm(submission, clock())
    return builders.only(submission)


def form(**changes):
    """Return what the form of a new agency sends."""
    return {"name": "The Agency", "domain": "Agency.example", "trusted_level": "2", "active": "on", **changes}


def test_checker_sees_the_list_of_what_the_paper_has_to_show(asked):
    said = text(signed_in("ivy").get(sheet(asked)))

    assert "The person signed it, or somebody else did so" in said
    assert "name Mandy &lt;Mandate&gt; as agent and Ada Lovelace as the person" in said
    assert "two witnesses" not in said
    assert "check_mandate" not in text(signed_in("hal").get(sheet(asked)))


def test_paper_is_accepted_only_with_every_point_ticked(asked):
    ivy = signed_in("ivy")

    refused = move(ivy, asked, "check_mandate", result="accepted", checks=POA[1:])
    assert "It can only be accepted if it shows all of this" in text(refused)
    assert Mandate.objects.get().checked_at is None

    move(ivy, asked, "check_mandate", result="accepted", checks=POA, until="2027-01-31")

    mandate = Mandate.objects.get()
    assert (mandate.state, str(mandate.expires_on), mandate.checked_by) == (
        MandateState.CHECKED,
        "2027-01-31",
        str(builders.staff("ivy").pk),
    )
    assert builders.again(asked).state == "in_review"


def test_paper_that_does_not_do_is_refused_with_words_for_the_agent(asked):
    move(signed_in("ivy"), asked, "check_mandate", result="refused", checks=POA[:1], reason="It is cut off.")

    assert Mandate.objects.get().state == MandateState.REFUSED


def test_analyst_records_that_the_person_took_it_back(asked):
    move(signed_in("hal"), asked, "revoke_mandate", reason="Ada rang.")

    assert Mandate.objects.get().state == MandateState.REVOKED
    assert builders.again(asked).submission.stopped_at is not None


# --- Agencies --------------------------------------------------------------------------------------------------------


def test_officer_enters_an_agency_and_changes_it(asked):
    dora = signed_in("dora")

    answer = dora.post(f"{LIST}add/", form(), follow=True)

    assert answer.status_code == 200
    agency = Agency.objects.get()
    assert (agency.name, agency.domain, agency.trusted_level, agency.active) == (
        "The Agency",
        "agency.example",
        2,
        True,
    )
    assert "The Agency" in text(dora.get(LIST))
    page = reverse("admin:verification_agency_change", args=(agency.pk,))
    dora.post(page, form(trusted_level="0", active=""))
    agency.refresh_from_db()
    assert (agency.trusted_level, agency.active) == (0, False)
    assert Agency.objects.count() == 1


def test_page_of_an_agency_lists_what_it_filed(clock):
    dora = signed_in("dora")
    dora.post(f"{LIST}add/", form())
    claim = AgentClaim(kind="power_of_attorney", name="Mandy", person_email=builders.ADA)
    submission = builders.file(at=clock(), email="mandy@agency.example", agent=claim).submission
    builders.confirm(submission, clock())

    said = text(dora.get(reverse("admin:verification_agency_change", args=(Agency.objects.get().pk,))))

    assert submission.reference in said
    assert builders.ADA not in said


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"domain": "gmail.com"}, "Anybody gets an address"),
        ({"domain": "no dots"}, "the part after the @"),
        ({"trusted_level": "4"}, "Select a valid choice"),
        ({"name": ""}, "required"),
    ],
)
def test_what_cannot_be_an_agency_is_said_beside_its_field(changes, says):
    answer = signed_in("dora").post(f"{LIST}add/", form(**changes))

    assert says in text(answer)
    assert not Agency.objects.exists()


@pytest.mark.parametrize("name", sorted(set(desk.ROLES) - {"dora"}))
def test_nobody_but_the_officer_sees_agencies(name):
    client = signed_in(name)

    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}add/", form()).status_code == 403
    assert not Agency.objects.exists()
