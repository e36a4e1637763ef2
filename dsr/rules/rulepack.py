"""Everything the rule files say, typed and checked: what the rest of the system asks.

Frozen and safe to share between threads. All look-ups raise ``NotInRules`` for what is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from dsr.deadlines import WorkCalendar
from dsr.rules.naming import CategoryWords, words_of
from dsr.rules.places import Area, closeness
from dsr.rules.problems import NotInRules
from dsr.rules.schema.ladder import Ladder
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.periods import ElsewhereRule
from dsr.rules.schema.phrases import PhraseFile
from dsr.rules.schema.refusal import Refusal
from dsr.rules.schema.regime import Regime
from dsr.rules.schema.retention import Schedule

_RANK = {"law": 0, "framework": 1, "promise": 2, "policy": 3}
"""What is named first where several things bind."""
_MOST_PROPOSALS = 4096


@dataclass(frozen=True)
class RulePack:
    """One consistent set of rules.

    ``version`` is a digest of what the files say and is pinned to every submission. ``organisation`` is whose notice
    is meant where nobody says. ``notices`` and ``regimes`` hold every version, oldest first; ``refusals``,
    ``calendars`` and ``areas`` are by id. ``ladder`` says how surely it must be known who asks, ``retention`` how long
    what is kept.
    """

    version: str
    organisation: str
    notices: tuple[Notice, ...]
    regimes: tuple[Regime, ...]
    refusals: Mapping[str, Refusal]
    calendars: Mapping[str, WorkCalendar]
    areas: Mapping[str, Area]
    ladder: Ladder
    retention: Schedule
    phrases: tuple[PhraseFile, ...] = ()
    """By which words letters are understood. They bind nobody, so no version hangs on them."""

    def notice(self, notice_id: str, version: date | str) -> Notice:
        """The version of a notice that a submission is pinned to."""
        try:
            return self._notices[notice_id, str(version)]
        except KeyError:
            raise NotInRules(f"there is no notice {notice_id!r} of {version}") from None

    def notice_in_force(self, on: date, organisation: str | None = None) -> Notice:
        """The version in force on ``on``, of the organisation that the service runs for unless another is named."""
        owner = organisation or self.organisation
        in_force = [notice for notice in self.notices if notice.id == owner and notice.in_force_from <= on]
        if not in_force:
            raise NotInRules(f"no notice of {owner!r} was in force on {on}")
        return max(in_force, key=lambda notice: notice.in_force_from)

    def notice_then(self, on: date) -> Notice:
        """The version in force on ``on``; for a day before there was any, the first."""
        first = min(notice.in_force_from for notice in self.notices if notice.id == self.organisation)
        return self.notice_in_force(max(on, first))

    def regime(self, regime_id: str, on: date) -> Regime:
        """The row of a regime that governs a request received on ``on``."""
        rows = self._regimes.get(regime_id, ())
        found = next((row for row in rows if row.window.covers(on)), None)
        if found is None:
            why = f"was not in force on {on}" if rows else f"is unknown; known are {', '.join(sorted(self._regimes))}"
            raise NotInRules(f"the regime {regime_id!r} {why}")
        return found

    def refusal(self, refusal_id: str) -> Refusal:
        """A ground of refusal."""
        try:
            return self.refusals[refusal_id]
        except KeyError:
            raise NotInRules(f"there is no ground of refusal {refusal_id!r}") from None

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category that data may be of: those of the notices, and the parts that the schedule knows."""
        return self.retention.categories

    def category_words(
        self, category: str, notice_id: str, version: date | str, language: str | None = None
    ) -> CategoryWords:
        """What a category of data is called in the notice that somebody is answered under, and what it is for.

        Systems are described in the words of the newest notice, and may name a part that only the retention schedule
        knows. What the pinned notice has no word for is told in the words of the latest version that has one.
        """
        pinned = self._notices.get((notice_id, str(version)))
        versions = [notice for notice in reversed(self.notices) if notice.id == notice_id]
        others = [notice for notice in self.notices if notice.id != notice_id]
        return words_of(category, [*([pinned] if pinned else []), *versions, *others], self.retention, language)

    def propose(self, country: str, region: str, on: date) -> tuple[str, ...]:
        """The regimes of somebody who says that they live there, laws first and the narrowest fit first.

        The default if no law fits that governs requests in general; then the laws on single choices, frameworks and
        promises. A proposal from what the person says, never from an address on the network; staff may decide
        otherwise.
        """
        key = (country, region, on)
        if key not in self._proposals:
            if len(self._proposals) >= _MOST_PROPOSALS:
                self._proposals.clear()
            self._proposals[key] = self._propose(country, region, on)
        return self._proposals[key]

    def _propose(self, country: str, region: str, on: date) -> tuple[str, ...]:
        fits = [(row, closeness(country, region, row.proposal.where, self.areas)) for row in self._offered(on)]
        named = [(row, fit) for row, fit in fits if fit or row.proposal.everywhere]
        laws = sorted((-fit, row.id) for row, fit in named if _governs(row))
        others = sorted((_RANK[row.kind], -fit, row.id) for row, fit in named if not _governs(row))
        first = tuple(row_id for _, row_id in laws) or self._otherwise(on)
        return first + tuple(row_id for _, _, row_id in others)

    def regimes_for(self, right: str, country: str, region: str, on: date) -> tuple[Regime, ...]:
        """The proposed regimes that know ``right``; the default where none of them does. Empty if it does not either.

        The earliest date of those returned governs, and each is shown.
        """
        proposed = [self.regime(regime_id, on) for regime_id in self.propose(country, region, on)]
        knowing = tuple(row for row in proposed if row.knows(right, on))
        others = (self.regime(regime_id, on) for regime_id in self._otherwise(on))
        return knowing or tuple(row for row in others if row.knows(right, on))

    def calendar_for(self, notice: Notice, regime: Regime) -> WorkCalendar:
        """Whose holidays count when ``notice``'s organisation answers under ``regime``."""
        seat = notice.seat_for(regime.id)
        return self.calendars[seat.calendar] if seat.serves and seat.calendar else regime.working

    def elsewhere(self, on: date) -> ElsewhereRule | None:
        """By when whoever people are sent to has to answer: a policy of the organisation; None where it has none."""
        found = (self.regime(name, on).elsewhere for name in self._otherwise(on))
        return next((rule for rule in found if rule is not None), None)

    def _offered(self, on: date) -> tuple[Regime, ...]:
        """What can be proposed on a day: switched on, in force, and nobody else's promise."""
        return tuple(
            row
            for row in self.regimes
            if row.switched_on and row.window.covers(on) and row.organisation in (None, self.organisation)
        )

    def _otherwise(self, on: date) -> tuple[str, ...]:
        return tuple(row.id for row in self._offered(on) if row.proposal.otherwise)

    @cached_property
    def _proposals(self) -> dict[tuple[str, str, date], tuple[str, ...]]:
        """What has been proposed, by place and day: most people of a day live in few places."""
        return {}

    @cached_property
    def _notices(self) -> Mapping[tuple[str, str], Notice]:
        return {(notice.id, notice.version.isoformat()): notice for notice in self.notices}

    @cached_property
    def _regimes(self) -> Mapping[str, tuple[Regime, ...]]:
        ids = {row.id for row in self.regimes}
        return {regime_id: tuple(row for row in self.regimes if row.id == regime_id) for regime_id in ids}


def _governs(regime: Regime) -> bool:
    """Whether it is a law on requests in general, so that no default is needed where it fits."""
    return regime.kind == "law" and not regime.proposal.beside
