"""What has been typed into the request form so far, checked again at every step.

There is no session and no cookie: all answers travel with the page, in hidden fields, and nothing is believed because
it was believed a page earlier.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from dsr import rules
from dsr.choices import uses
from dsr.models import Channel
from dsr.public import details, forms, offers, places
from dsr.rights import OFFERED, SPECS, Right
from dsr.rules.schema.offers import Door
from dsr.services.intake import Filing, Want
from dsr.services.mandated import GUARDIAN, AgentClaim

WHO, WHERE, REGION, WHAT, DETAILS, REACH, CHECK = "who", "where", "region", "what", "details", "reach", "check"
DOOR = "door"
"""Asked only of those for whom somebody else is likely to answer: whether it may be passed on there."""
AGENT, PERSON = "agent", "person"
"""The two questions that only somebody is asked who asks for somebody else."""
TITLES = {
    WHO: gettext_lazy("How do you know us?"),
    DOOR: gettext_lazy("There is another way for this"),
    WHERE: gettext_lazy("Where do you live?"),
    REGION: gettext_lazy("Where in the country?"),
    WHAT: gettext_lazy("What would you like to ask for?"),
    DETAILS: gettext_lazy("Is there something in particular?"),
    REACH: gettext_lazy("How can we reach you?"),
    CHECK: gettext_lazy("Check your answers"),
}
TITLES_FOR_OTHER = {
    AGENT: gettext_lazy("On what do you ask for somebody else?"),
    WHO: gettext_lazy("What is the person to us?"),
    WHERE: gettext_lazy("Where does the person live?"),
    WHAT: gettext_lazy("What would you like to ask for?"),
    PERSON: gettext_lazy("Whom do you ask for?"),
    REACH: gettext_lazy("How can we reach you yourself?"),
}
"""What some questions are called where somebody asks for somebody else."""
_NEEDED = gettext_lazy("What we need to know for this")
"""What the details are called where one of them has to be told."""
_NUMBERED = (AGENT, WHO, DOOR, WHERE, WHAT, DETAILS, PERSON, REACH, CHECK)
_NONCE = re.compile(r"[0-9a-f]{32}")
_PLAIN_FIELDS = ("relationship", "about", "pass_on", "country", "region", "rights", "email", "name", "account")
_DETAIL_FIELDS = tuple(details.field_name(right, name) for right, spec in SPECS.items() for name in spec.questions)
FIELDS = (*_PLAIN_FIELDS, *_DETAIL_FIELDS)
"""Everything that travels. What else a browser sends is dropped."""
_LISTS = {"rights", *(name for name in _DETAIL_FIELDS if name.partition(".")[2] in uses.MANY)}
"""What may be answered by several words."""
_AGENT_FIELDS = ("agent.kind", "agent.name", "agent.person_email", "agent.child_age")


class Answers:
    """The answers of one filing, as typed, and the forms that judge them. ``for_other``: for somebody else."""

    def __init__(
        self, data: QueryDict, notice: rules.Notice, language: str, at: datetime, *, for_other: bool = False
    ) -> None:
        self.for_other = for_other
        self.fields = (*FIELDS, *_AGENT_FIELDS) if for_other else FIELDS
        self.data = data
        self.notice = notice
        self.language = language
        self.at = at

    @classmethod
    def fresh(
        cls, query: QueryDict, notice: rules.Notice, language: str, at: datetime, *, for_other: bool = False
    ) -> "Answers":
        """Begin; a link may have chosen a right already."""
        data = QueryDict(mutable=True)
        data.setlist("rights", [right for right in query.getlist("right") if right in OFFERED])
        if for_other:
            data["agent.kind"] = query.get("kind", "")
        return cls(data, notice, language, at, for_other=for_other)

    @cached_property
    def nonce(self) -> str:
        """The key under which these answers are filed once, however often they are sent."""
        given = self.data.get("nonce", "")
        return given if _NONCE.fullmatch(given) else secrets.token_hex(16)

    def afresh(self) -> "Answers":
        """Return the same answers for a filing of their own, under a key that follows from the first one."""
        data = self.data.copy()
        data["nonce"] = hashlib.sha256(f"again:{self.nonce}".encode()).hexdigest()[:32]
        return Answers(data, self.notice, self.language, self.at, for_other=self.for_other)

    # --- which questions there are -----------------------------------------------------------------------------------

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The steps that these answers lead through, the last one aside."""
        asked = [AGENT, WHO] if self.for_other else [WHO]
        if self.is_for_others_to_answer:
            asked.append(DOOR)
        asked.append(WHERE)
        if self.regions:
            asked.append(REGION)
        asked.append(WHAT)
        if self.questions:
            asked.append(DETAILS)
        return (*asked, PERSON, REACH) if self.for_other else (*asked, REACH)

    def title(self, step: str) -> str:
        """Return what a question is called."""
        if step == DETAILS and any(SPECS[right].must_answer for right in self.rights):
            return str(_NEEDED)
        return str((TITLES_FOR_OTHER if self.for_other else {}).get(step) or TITLES[step])

    @property
    def action(self) -> str:
        """Where the form is sent."""
        return "/agents/new/" if self.for_other else "/requests/new/"

    def number(self, step: str) -> tuple[int, int]:
        """Return the place of a step and how many there are. Country and region count as one."""
        asked = [name for name in _NUMBERED if self._may_come(name)]
        return asked.index(WHERE if step == REGION else step) + 1, len(asked)

    def _may_come(self, step: str) -> bool:
        return step == CHECK or step in self.steps or (step == DETAILS and not self.rights)

    def next_after(self, step: str) -> str:
        """Return the step that follows."""
        place = self.steps.index(step) + 1
        return self.steps[place] if place < len(self.steps) else CHECK

    def before(self, step: str) -> str:
        """Return the step that comes before; the first one has none before it."""
        place = self.steps.index(step) if step in self.steps else len(self.steps)
        return self.steps[max(0, place - 1)]

    # --- the forms ---------------------------------------------------------------------------------------------------

    def form(self, step: str, *, judged: bool) -> forms.PublicForm:
        """Return the form of a step: judged, with its errors, or merely filled with what was typed before."""
        makers: Mapping[str, tuple[type[forms.PublicForm], dict[str, Any]]] = {
            AGENT: (forms.AgentForm, {"options": offers.mandates(self.language)}),
            PERSON: (forms.PersonForm, {"child": self.kind == GUARDIAN, "searched": self._searched}),
            WHO: (forms.WhoForm, {"options": self._relationships, "others": self._others}),
            DOOR: (forms.DoorForm, {"passes": bool(self.doors) and not self.for_other}),
            WHERE: (forms.WhereForm, {"language": self.language}),
            REGION: (forms.RegionForm, {"country": self.country, "regions": self.regions}),
            WHAT: (forms.WhatForm, {"options": self.options}),
            DETAILS: (details.DetailsForm, {"questions": self.questions, "options": self._uses}),
            REACH: self._reach(),
        }
        kind, options = makers[step]
        if judged:
            return kind(self.data, **options)
        typed = {name: self.data.getlist(name) if name in _LISTS else self.data.get(name, "") for name in self.fields}
        return kind(initial=typed, **options)

    def _reach(self) -> tuple[type[forms.PublicForm], dict[str, Any]]:
        if self.for_other:
            return forms.AgentReachForm, {}
        return forms.ReachForm, {"searched": self._searched}

    @property
    def _uses(self) -> dict[str, list[tuple[str, forms.Option]]]:
        """What a purpose can be chosen from, for the questions that name several."""
        notice, lang = self.notice, self.language
        return {
            name: [
                (word, forms.Option(title, uses.hint(word, notice, lang)))
                for word, title in uses.options(name, notice, self.relationship, lang).items()
            ]
            for name in uses.MANY
        }

    @property
    def _searched(self) -> bool:
        """Whether systems are searched for anything that was chosen."""
        return any(SPECS[right].searches for right in self.rights)

    @cached_property
    def _judged(self) -> dict[str, forms.PublicForm]:
        return {step: self.form(step, judged=True) for step in self.steps}

    def judged(self, step: str) -> forms.PublicForm:
        """Return the form of a step with its errors, always the same one."""
        return self._judged[step]

    @property
    def is_personal(self) -> bool:
        """Whether something has been typed that could tell who the person is."""
        return any(self.data.get(name) for name in ("email", "name", "account", *_DETAIL_FIELDS, *_AGENT_FIELDS[1:]))

    def first_problem(self) -> str | None:
        """Return the first step whose answers cannot be used, None when all can."""
        return next((step for step in self.steps if not self._judged[step].is_valid()), None)

    def first_unseen(self) -> str | None:
        """Return the first step that was never shown, None when all were: what may stay empty must still be offered."""
        return next((step for step in self.steps if not self.was_shown(step)), None)

    def was_shown(self, step: str) -> bool:
        """Say whether the person has been asked this before: a question not asked yet is no mistake."""
        return any(name in self.data for name in self._judged[step].fields)

    def carried(self, step: str) -> list[tuple[str, str]]:
        """Return names and values that travel along while a step is shown."""
        shown = set(self._judged[step].fields) if step in self.steps else set()
        return [(name, value) for name in self.fields if name not in shown for value in self.data.getlist(name)]

    # --- what the answers say so far ---------------------------------------------------------------------------------

    @cached_property
    def relationship(self) -> str:
        """The relationship, "" while none that can be used was chosen."""
        return self._one("relationship", {row.id for row in self.notice.relationships})

    @property
    def is_routed(self) -> bool:
        """Whether this form is not the way for somebody like that, as authority comes first."""
        row = self.notice.relationship(self.relationship) if self.relationship else None
        return row is not None and row.for_others

    @cached_property
    def about(self) -> str:
        """Who else it is about, "" for the organisation itself."""
        return self._one("about", {door.id for door in self._there})

    @property
    def _there(self) -> tuple[Door, ...]:
        """Who else answers people from there; all of them while it is not known where."""
        return self.notice.doors_for(self.country, self.region) if self.country else self.notice.doors

    @cached_property
    def doors(self) -> tuple[Door, ...]:
        """Who else is likely to answer this."""
        return tuple(door for door in self._there if door.id == self.about or self.relationship in door.relationships)

    @property
    def is_for_others_to_answer(self) -> bool:
        """Whether somebody else is likely to answer this, which keeps nobody from asking here."""
        row = self.notice.relationship(self.relationship) if self.relationship else None
        return row is not None and not row.for_others and bool(self.doors or not row.in_scope)

    @property
    def _others(self) -> list[tuple[str, forms.Option]]:
        """Other companies and brands that it can be about."""
        return [
            (door.id, forms.Option(door.wording("title", self.language), door.wording("responsible", self.language)))
            for door in self.notice.doors
            if door.kind != "applicants"
        ]

    @property
    def kind(self) -> str:
        """On what somebody asks for somebody else, "" while nothing that can be used was chosen."""
        return self._one("agent.kind", {kind for kind, _label in offers.mandates(self.language)})

    @property
    def _relationships(self) -> list[tuple[str, forms.Option]]:
        found = offers.relationships(self.notice, self.language)
        acting = {row.id for row in self.notice.relationships if row.for_others}
        return [(word, label) for word, label in found if not (self.for_other and word in acting)]

    @cached_property
    def country(self) -> str:
        """The country, "" while none was chosen."""
        return self._one("country", {code for code, _name in places.countries(self.language)})

    @cached_property
    def regions(self) -> list[str]:
        """The regions of the country that make a difference."""
        return places.regions(self.country, self.notice) if self.country else []

    @cached_property
    def region(self) -> str:
        """The region, "" where it makes no difference."""
        return self._one("region", self.regions)

    @cached_property
    def options(self) -> list[tuple[str, forms.Option]]:
        """The rights that can be asked for here, with what follows from each."""
        found = offers.rights(self.notice, self.relationship, self.country, self.region, self.at)
        if not (self.kind and self.country):
            return found
        on = self.at.date()
        return [
            (right, label) for right, label in found if offers.covers(self.kind, right, self.country, self.region, on)
        ]

    @cached_property
    def rights(self) -> tuple[Right, ...]:
        """The rights that were chosen and can be."""
        chosen = set(self.data.getlist("rights"))
        return tuple(Right(right) for right, _label in self.options if right in chosen)

    @cached_property
    def questions(self) -> list[tuple[str, str, str]]:
        """The details that the chosen rights need: right, name, title of the right."""
        return [(right, name, str(SPECS[right].title)) for right in self.rights for name in SPECS[right].questions]

    def _one(self, name: str, known: Iterable[str]) -> str:
        value = self.data.get(name, "")
        return value if value in known else ""

    def filing(self, origin: str = "") -> Filing:
        """Return what is filed, and from where. Only after ``first_problem`` found none."""
        said = {name: value for form in self._judged.values() for name, value in form.cleaned_data.items()}
        wants = tuple(
            Want(right, {name: said.get(details.field_name(right, name), "") for name in SPECS[right].questions})
            for right in self.rights
        )
        return Filing(
            channel=Channel.WEB,
            language=self.language,
            country=self.country,
            region=self.region,
            relationship=self.relationship,
            email=said["email"],
            name=said["name"],
            agent=self._agent(said) if self.for_other else None,
            identifiers={"account": (said["account"],)} if said.get("account") else {},
            door=self.about,
            may_pass_on=said.get("pass_on") == forms.PASS_ON,
            origin=origin,
            wants=wants,
            idempotency_scope="web",
            idempotency_key=self.nonce,
        )

    def _agent(self, said: Mapping[str, Any]) -> AgentClaim:
        return AgentClaim(
            kind=said["agent.kind"],
            name=said["agent.name"],
            person_email=said["agent.person_email"],
            child_age=said.get("agent.child_age"),
        )
