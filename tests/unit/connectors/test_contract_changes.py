"""What every connector does alike when it is told to change something, as far as it is able to.

A connector joins by a fixture `<name>_ground` that returns a `Ground` and by its name in `conftest.GROUNDS`.
"""

from collections.abc import Callable

import pytest

from dsr.connectors import (
    Ability,
    Change,
    Changed,
    Code,
    Connector,
    Erased,
    Note,
    Outcome,
    PermanentFailure,
    Row,
    Term,
)
from tests.unit.connectors.ground import Ground, Who
from tests.unit.connectors.test_contract import fresh

CALLS: dict[Ability, Callable[[Connector, Who], object]] = {
    Ability.ERASE: lambda connector, who: connector.erase(who, [], key=fresh()),
    Ability.CORRECT: lambda connector, who: connector.correct(who, [Change("x", "y", "z")], key=fresh()),
    Ability.ANNOTATE: lambda connector, who: connector.annotate(who, [Note("x", "y")], key=fresh()),
    Ability.RESTRICT: lambda connector, who: connector.restrict(who, True, key=fresh()),
    Ability.SUPPRESS: lambda connector, who: connector.suppress(who, ["marketing"], key=fresh()),
    Ability.ROSTER: lambda connector, who: list(connector.roster("email")),
}


def needs(ground: Ground, ability: Ability) -> None:
    """Leave out what the connector says that it cannot do."""
    if ability not in ground.connector.abilities():
        pytest.skip(f"cannot {ability}")


def everything(ground: Ground, *, erase: bool = True) -> list[Term]:
    """Terms for all that the connector describes."""
    return [
        Term(dataset.name, category, erase)
        for dataset in ground.connector.describe()
        for category in sorted(dataset.held_categories)
    ]


def carried_out(ground: Ground, who: Who, terms: list[Term]) -> Erased:
    """An erasure to its end."""
    key = fresh()
    done = ground.connector.erase(who, terms, key=key)
    for _ in range(100):
        if done.finished:
            return done
        done = ground.connector.erase(who, terms, key=key, cursor=done.cursor)
    raise AssertionError("never comes to an end")


def finished(change: Callable[[str], Changed]) -> Changed:
    """A correction or a suppression to its end."""
    done = change("")
    for _ in range(100):
        if done.finished:
            return done
        done = change(done.cursor)
    raise AssertionError("never comes to an end")


def held(ground: Ground, who: Who) -> list[Row]:
    """What is held about somebody."""
    return [piece for piece in ground.connector.collect(who, key=fresh()) if isinstance(piece, Row)]


def test_does_what_it_says_it_can_and_nothing_else(ground: Ground) -> None:
    for ability, call in CALLS.items():
        if ability not in ground.connector.abilities():
            with pytest.raises(PermanentFailure) as caught:
                call(ground.connector, ground.ada)
            assert caught.value.code == Code.UNABLE
    if Ability.ERASE not in ground.connector.abilities():
        with pytest.raises(PermanentFailure) as caught:
            ground.connector.preview(ground.ada, [], key=fresh())
        assert caught.value.code == Code.UNABLE


def test_previews_every_term_and_changes_nothing(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    before, terms = held(ground, ground.ada), everything(ground)

    found = ground.connector.preview(ground.ada, terms, key=fresh())

    assert [(line.dataset, line.category) for line in found.lines] == [(each.dataset, each.category) for each in terms]
    assert all(line.found == line.erase + line.keep and line.open + line.refused <= line.keep for line in found.lines)
    assert any(line.erase for line in found.lines)
    assert held(ground, ground.ada) == before


def test_previews_nothing_of_somebody_unknown(ground: Ground) -> None:
    needs(ground, Ability.ERASE)

    found = ground.connector.preview(ground.nobody, everything(ground), key=fresh())

    assert {line.found for line in found.lines} == {0}


def test_keeps_what_the_terms_keep_and_names_it(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    before, terms = held(ground, ground.ada), everything(ground, erase=False)

    done = carried_out(ground, ground.ada, terms)

    assert held(ground, ground.ada) == before
    assert all(line.erase == 0 and line.keep == line.found for line in done.lines)
    again = ground.connector.preview({}, terms, key=fresh(), handles=done.handles)
    assert [line.keep for line in again.lines] == [line.keep for line in done.lines]
    assert not any("ada" in text.lower() for named in done.handles.values() for text in named)


def test_names_what_would_be_kept_before_it_is(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    terms = everything(ground, erase=False)

    foreseen = ground.connector.preview(ground.ada, terms, key=fresh())

    if foreseen.handles:
        assert foreseen.handles == carried_out(ground, ground.ada, terms).handles


def test_looks_at_the_person_and_at_what_is_named(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    terms = everything(ground, erase=False)
    named = carried_out(ground, ground.bob, terms).handles
    [bob, ada] = [ground.connector.preview(who, terms, key=fresh()).lines for who in (ground.bob, ground.ada)]

    both = ground.connector.preview(ground.ada, terms, key=fresh(), handles=named).lines
    once = ground.connector.preview(ground.bob, terms, key=fresh(), handles=named).lines

    assert [line.found for line in both] == [one.found + other.found for one, other in zip(ada, bob, strict=True)]
    assert [line.found for line in once] == [line.found for line in bob]


def test_does_nothing_that_is_no_longer_wanted(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    before = held(ground, ground.ada)

    with pytest.raises(PermanentFailure) as caught:
        ground.connector.erase(ground.ada, everything(ground), key=fresh(), still=lambda: False)

    assert caught.value.code == Code.CALLED_OFF
    assert held(ground, ground.ada) == before


def test_erases_as_previewed_and_nobody_elses(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    others, terms = held(ground, ground.bob), everything(ground)
    foreseen = ground.connector.preview(ground.ada, terms, key=fresh())

    done = carried_out(ground, ground.ada, terms)

    assert [(line.erase, line.keep) for line in done.lines] == [(line.erase, line.keep) for line in foreseen.lines]
    assert sum(done.rows.values()) > 0
    assert held(ground, ground.bob) == others != []
    left = ground.connector.preview(ground.ada, terms, key=fresh())
    assert sum(line.erase for line in left.lines) == 0


def test_erases_twice_without_an_error(ground: Ground) -> None:
    needs(ground, Ability.ERASE)
    terms = everything(ground)
    carried_out(ground, ground.ada, terms)

    again = carried_out(ground, ground.ada, terms)

    assert sum(again.rows.values()) == 0


def test_erases_nothing_of_somebody_unknown(ground: Ground) -> None:
    needs(ground, Ability.ERASE)

    done = carried_out(ground, ground.nobody, everything(ground))

    assert (sum(done.rows.values()), done.handles) == (0, {})
    assert {line.found for line in done.lines} == {0}


@pytest.mark.parametrize("who", [{}, {"email": []}, {"shoe_size": ["39"]}], ids=["none", "empty", "unknown"])
def test_changes_nothing_where_it_could_not_search(ground: Ground, who: Who) -> None:
    for ability in ground.connector.abilities() & {Ability.ERASE, Ability.RESTRICT, Ability.SUPPRESS}:
        with pytest.raises(PermanentFailure) as caught:
            CALLS[ability](ground.connector, who)
        assert caught.value.code == Code.NO_IDENTIFIER


def test_corrects_once_and_for_all(ground: Ground) -> None:
    needs(ground, Ability.CORRECT)
    change = ground.change
    assert change is not None
    key, others = fresh(), held(ground, ground.bob)

    for _ in range(2):
        done = finished(lambda cursor: ground.connector.correct(ground.ada, [change], key=key, cursor=cursor))

        assert done.records[change.dataset] >= 1
        values = [row.data[change.field] for row in held(ground, ground.ada) if row.dataset == change.dataset]
        assert values == [change.value] * len(values)
    assert held(ground, ground.bob) == others


def test_leaves_what_was_put_right_meanwhile(ground: Ground) -> None:
    needs(ground, Ability.CORRECT)
    assert ground.change is not None
    change = Change(ground.change.dataset, ground.change.field, ground.change.value, held="something else")
    before = held(ground, ground.ada)

    done = finished(lambda cursor: ground.connector.correct(ground.ada, [change], key=fresh(), cursor=cursor))

    assert done.records[change.dataset] == 0
    assert held(ground, ground.ada) == before


def test_refuses_what_may_not_be_set(ground: Ground) -> None:
    needs(ground, Ability.CORRECT)
    before = held(ground, ground.ada)

    for change in ground.wrong:
        with pytest.raises(PermanentFailure) as caught:
            ground.connector.correct(ground.ada, [change], key=fresh())
        assert caught.value.code == Code.NOT_CORRECTABLE
        assert caught.value.where == f"{change.dataset}.{change.field}"
    assert held(ground, ground.ada) == before


def test_keeps_a_statement_until_it_is_withdrawn(ground: Ground) -> None:
    needs(ground, Ability.ANNOTATE)

    for text in ("I never lived there.", "I never lived there.", "Nor there.", ""):
        done = ground.connector.annotate(ground.ada, [Note(ground.annotated, text)], key=fresh())
        assert done.records[ground.annotated] >= 1
    unknown = ground.connector.annotate(ground.nobody, [Note(ground.annotated, "x")], key=fresh())
    assert set(unknown.records.values()) <= {0}


def test_restricts_and_lifts(ground: Ground) -> None:
    needs(ground, Ability.RESTRICT)

    counts = [ground.connector.restrict(ground.ada, on, key=fresh()).records for on in (True, True, False, False)]

    assert all(sum(records.values()) >= 1 for records in counts)
    assert counts[0] == counts[1] == counts[2] == counts[3]
    assert set(ground.connector.restrict(ground.nobody, True, key=fresh()).records.values()) <= {0}


def test_leaves_out_of_mailings(ground: Ground) -> None:
    needs(ground, Ability.SUPPRESS)

    counts = [
        finished(
            lambda cursor: ground.connector.suppress(ground.ada, [ground.purpose], key="same", cursor=cursor)
        ).records
        for _ in range(2)
    ]

    assert sum(counts[0].values()) >= 1
    assert counts[0] == counts[1]


def test_tells_whether_somebody_is_left_out(ground: Ground) -> None:
    def left_out(who: Who) -> bool | None:
        return ground.connector.suppressed(who, [ground.purpose], key=fresh())

    if Ability.SUPPRESSED not in ground.connector.abilities():
        assert left_out(ground.ada) is None
        return
    before = left_out(ground.ada)

    finished(lambda cursor: ground.connector.suppress(ground.ada, [ground.purpose], key="same", cursor=cursor))

    assert (before, left_out(ground.ada), left_out(ground.bob)) == (False, True, False)
    assert left_out({kind: [*values, *ground.bob[kind]] for kind, values in ground.ada.items()}) is False
    with pytest.raises(PermanentFailure) as caught:
        left_out({"shoe_size": ["39"]})
    assert caught.value.code == Code.NO_IDENTIFIER


def test_lists_whom_it_knows_until_they_are_erased(ground: Ground) -> None:
    needs(ground, Ability.ROSTER)
    ada, bob = ground.ada[ground.kind][0], ground.bob[ground.kind][0]

    assert {ada, bob} <= set(ground.connector.roster(ground.kind))
    assert ground.nobody[ground.kind][0] not in set(ground.connector.roster(ground.kind))
    assert list(ground.connector.roster("shoe_size")) == []
    needs(ground, Ability.ERASE)
    carried_out(ground, ground.ada, everything(ground))

    known = set(ground.connector.roster(ground.kind))
    assert bob in known
    assert ada not in known or ground.connector.locate(ground.ada, key=fresh()).outcome is Outcome.FOUND
