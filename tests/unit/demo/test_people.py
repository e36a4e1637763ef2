"""Nobody in the demonstration could be somebody."""

import re

from dsr.demo.people import ADA, ADA_EMAIL, MAX_EMAIL, NORA, NORA_EMAIL, NUMBER, customers, everybody, prospects

FICTION = re.compile(r"\+35320910\d{4}|\+447700900\d{3}|\+442079460\d{3}|\+441134960\d{3}|\+1\d{3}55501\d{2}")


def test_invents_the_same_people_everywhere() -> None:
    known = everybody()[99]

    assert len(everybody()) == NUMBER
    assert (known.number, known.email, known.phone) == (100, "thabo.lacroix100@example.net", "+447700900100")
    assert ADA.account == "ACc081aaa2f9bb0a856f79dd8519e2f1ef"


def test_gives_nobody_an_address_or_a_number_that_works() -> None:
    domains = {person.email.rpartition("@")[2].lower() for person in everybody()}

    assert domains == {"example.org", "example.com", "example.net"}
    assert [person.phone for person in everybody() if not FICTION.fullmatch(person.phone)] == []


def test_gives_no_two_the_same_address_number_or_account() -> None:
    for values in (
        [person.email.lower() for person in everybody()],
        [person.phone for person in everybody()],
        [person.account for person in customers()],
    ):
        assert len(values) == len(set(values))


def test_keeps_the_well_known_where_they_belong() -> None:
    assert ADA in customers()
    assert ADA in prospects()
    assert NORA in prospects()
    assert NORA not in customers()
    assert {ADA_EMAIL, NORA_EMAIL} <= {person.email for person in everybody()}
    assert MAX_EMAIL not in {person.email for person in everybody()}
