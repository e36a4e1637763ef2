"""What a message says: a typed context for each kind, and its rendering in the person's language.

A kind is a frozen dataclass below `Letter`; its fields are all that its templates may use. The templates are
``messages/<kind>/subject.txt``, ``body.txt`` and ``body.html`` for mail, ``sms.txt`` for text messages. System checks
hold the two together.
"""

import dataclasses
import html
import re
import secrets
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, Final, Self, cast, get_args, get_type_hints

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template, engines
from django.template.backends.django import DjangoTemplates
from django.utils import translation
from pydantic import TypeAdapter

from notifications import gsm

PARTS: Final = ("subject.txt", "body.txt", "body.html")
MAIL: Final = "email"
TEXT: Final = "sms"
TEXT_PART: Final = "sms.txt"
PARTS_BY: Final[Mapping[str, tuple[str, ...]]] = {MAIL: PARTS, TEXT: (TEXT_PART,)}
"""Templates by the channel they are for; its name is that of notifications.models.Channel."""
TEXT_SHOWS: Final = frozenset({"organisation", "reference", "code", "minutes"})
"""All that a text message may show: it is read on locked screens and by whoever holds the number next."""
LONGEST_NAME: Final = 40
"""Signs of the organisation's name in a text message."""
GIVEN: Final = frozenset({"language", "direction", "site", "subject", "preferences"})
"""Names every template may use beside the fields of its kind; `subject` in the bodies only."""
BLOT: Final = "[\u2026]"
"""Stands in the kept copy where a live secret was sent."""


class Mark(Enum):
    """What is special about a text field."""

    SECRET = "secret"  # noqa: S105 - a name
    PARAGRAPHS = "paragraphs"


Secret = Annotated[str, Mark.SECRET]
"""A link that lets its bearer in, or a code: sent, but blotted out in the copy that is kept."""
Paragraphs = Annotated[str, Mark.PARAGRAPHS]
"""A text of several lines. Every other text is put on one line, so that nobody writes a message into our message."""

REGISTRY: dict[str, type["Letter"]] = {}


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to one person. Subclasses are frozen dataclasses with a `kind` of their own.

    Fields may be str, int, bool, date, datetime (shown in the zone it carries), UUID, None, enums, tuples of these and
    frozen dataclasses of these. `must_show` names fields that the text and the HTML must both use. `states` names the
    elements that the templates mark with `{% states %}`, each with the fields that its passage has to quote.
    `channels` are the ways it may go; one `to_staff` offers no way out of marketing. One that is of no use after a
    while, such as a code, says so by `useful_for`, and is not sent any more after that.
    """

    kind: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset({MAIL})
    to_staff: ClassVar[bool] = False
    useful_for: ClassVar[timedelta | None] = None
    must_show: ClassVar[frozenset[str]] = frozenset()
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    organisation: str

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Set before the decorator looks for it: a letter is full of what must not get into logs and tracebacks.
        cls.__repr__ = Letter.__repr__  # type: ignore[method-assign]
        kind = cls.__dict__.get("kind")
        if kind is None:
            return
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", kind):
            raise TypeError(f"{cls.__name__}: the kind {kind!r} is not a short lower-case word")
        other = REGISTRY.get(kind)
        # A dataclass with slots is made twice under one name.
        if other is not None and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__name__}: the kind {kind!r} belongs to {other.__name__}")
        REGISTRY[kind] = cls

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True)
class Rendered:
    """A message as it is sent."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@cache
def _adapter(kind: str) -> TypeAdapter[Letter]:
    return TypeAdapter(REGISTRY[kind])


def pack(letter: Letter) -> str:
    """Return a letter's fields as JSON."""
    return _adapter(letter.kind).dump_json(letter).decode()


def unpack(kind: str, text: str) -> Letter:
    """Return the letter that `pack` was given. Raises KeyError for an unknown kind, ValueError for other fields."""
    return _adapter(kind).validate_json(text)


@lru_cache(maxsize=256)
def _marks(cls: Hashable) -> dict[str, frozenset[Mark]]:
    hints = get_type_hints(cls, include_extras=True)
    return {each.name: _marks_in(hints[each.name]) for each in dataclasses.fields(cast(type[Any], cls))}


def _marks_in(hint: Any) -> frozenset[Mark]:
    """Return the marks on a type or anywhere inside it, as in ``tuple[Secret, ...] | None``."""
    if isinstance(hint, Mark):
        return frozenset({hint})
    inner = getattr(hint, "__metadata__", ()) + get_args(hint)
    return frozenset().union(*(_marks_in(part) for part in inner)) if inner else frozenset()


# Controls but line feed and tab, overrides and isolates of direction, and lone surrogates, which cannot be encoded.
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS: Final = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_SPACES: Final = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return a text on one line, without control characters or overrides of its direction."""
    return _SPACES.sub(" ", clean(text)).strip()


def clean(text: str) -> str:
    """Return a text whose only control characters are line feed and tab, and whose direction nobody overrides."""
    return _UNWANTED.sub("", _BREAKS.sub("\n", text))


Hide = Callable[[str], str]
"""What is put in place of a secret."""


class Words(tuple[str, ...]):
    """Words of a sample, which keep those that templates looked for. `whole` once they were used in any other way."""

    asked: set[str]
    whole: bool

    def __new__(cls, words: Iterable[str]) -> Self:
        made = super().__new__(cls, words)
        made.asked, made.whole = set(), False
        return made

    def __contains__(self, word: object) -> bool:
        self.asked.add(str(word))
        return super().__contains__(word)

    def __getitem__(self, place: Any) -> Any:
        self.whole = True
        return super().__getitem__(place)

    def __eq__(self, other: object) -> bool:
        self.whole = True
        return super().__eq__(other)

    __hash__ = tuple.__hash__

    def __iter__(self) -> Iterator[str]:
        self.whole = True
        return super().__iter__()

    def __len__(self) -> int:
        self.whole = True
        return super().__len__()

    def __repr__(self) -> str:
        self.whole = True
        return super().__repr__()


def _value(value: Any, marks: frozenset[Mark], hide: Hide | None) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        said = clean(value) if Mark.PARAGRAPHS in marks else one_line(value)
        return hide(said) if hide and Mark.SECRET in marks else said
    if isinstance(value, Words):
        return value
    if isinstance(value, (tuple, list)):
        return [_value(item, marks, hide) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value, hide)
    return value


def _fields(record: Any, hide: Hide | None) -> dict[str, Any]:
    cls: Any = type(record)
    marks = _marks(cls)
    return {name: _value(getattr(record, name), marks[name], hide) for name in marks}


def supported(language: str) -> str:
    """Return the language we have that comes nearest; ours by default."""
    try:
        return translation.get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE


def template(kind: str, part: str) -> Template:
    """Return one of the parts of a kind. Raises TemplateDoesNotExist, TemplateSyntaxError."""
    return cast(DjangoTemplates, engines["django"]).engine.get_template(f"messages/{kind}/{part}")


class LetterContext(Context):
    """What one part of a message is rendered with; keeps what each passage between `{% states %}` tags came to."""

    def __init__(self, names: dict[str, Any], *, markup: bool) -> None:
        # use_tz off: a datetime is shown in the zone the caller gave it, which is the organisation's, not the server's.
        super().__init__(names, autoescape=markup, use_tz=False)
        self.markup = markup
        self.stated: dict[str, str] = {}

    def note(self, element: str, passage: str) -> None:
        """Keep a passage as the words that a reader sees; one without words states nothing."""
        words = one_line(html.unescape(_TAG.sub(" ", passage)) if self.markup else passage)
        if words:
            self.stated[element] = f"{self.stated.get(element, '')} {words}".strip()


_TAG: Final = re.compile(r"<[^>]*>")


def _part(kind: str, part: str, names: dict[str, Any]) -> tuple[str, dict[str, str]]:
    # No context processors: a message shows what its letter holds and nothing else.
    context = LetterContext(names, markup=part.endswith(".html"))
    return template(kind, part).render(context), context.stated


_MANY_BREAKS: Final = re.compile(r"\n{3,}")
_TRAILING: Final = re.compile(r"[ \t]+\n")


@dataclass(frozen=True)
class Stated:
    """What a message states, by element: the words of each marked passage in the text and in the HTML."""

    text: Mapping[str, str] = field(repr=False)
    html: Mapping[str, str] = field(repr=False)


GUARDS: Final[list[Callable[[str], None]]] = []
"""Asked before templates of a kind are used. One that raises keeps a message of that kind from being sent."""


def render(letter: Letter, language: str, *, blot: bool = False) -> Rendered:
    """Render a letter in a language; with `blot`, as the copy that is kept, secrets blotted out.

    Raises django.template.TemplateDoesNotExist or TemplateSyntaxError, which the system checks rule out, and what
    `GUARDS` raise.
    """
    for guard in GUARDS:
        guard(letter.kind)
    return _render(letter, language, _blotted if blot else None)[0]


def _blotted(secret: str) -> str:
    return BLOT if secret else ""


def render_twice(letter: Letter, language: str, *, preferences: str = "") -> tuple[Rendered, Rendered]:
    """Return a letter as it is sent and as it is kept, as `render` would without and with `blot`, at half the cost.

    The templates see a stand-in for each secret, so they may show one, but not change or measure it. ``preferences``
    is where the reader chooses what they are sent, a secret too.
    """
    for guard in GUARDS:
        guard(letter.kind)
    hidden = _Hidden()
    rendered = _render(letter, language, hidden, preferences)[0]
    return _with(rendered, hidden.shown()), _with(rendered, hidden.blotted())


def text_twice(letter: Letter, language: str) -> tuple[str, str]:
    """Return a letter as the text message that is sent, on one line, and as the copy of it that is kept.

    Raises as `render` does.
    """
    for guard in GUARDS:
        guard(letter.kind)
    hidden = _Hidden()
    with translation.override(chosen := supported(language)):
        names = _names(letter, chosen, hidden)
        if len(names["organisation"]) > LONGEST_NAME:
            names["organisation"] = names["organisation"][: LONGEST_NAME - 1].rstrip() + "."
        said = Rendered("", gsm.plain(one_line(_part(letter.kind, TEXT_PART, names)[0])), "")
    return _with(said, hidden.shown()).text, _with(said, hidden.blotted()).text


class _Hidden:
    """Stand-ins for the secrets of one letter."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(8)
        self._marks: dict[str, str] = {}

    def __call__(self, secret: str) -> str:
        return self._marks.setdefault(secret, f"{self._nonce}.{len(self._marks)}.") if secret else ""

    def shown(self) -> dict[str, str]:
        """Return each secret by its stand-in."""
        return {mark: secret for secret, mark in self._marks.items()}

    def blotted(self) -> dict[str, str]:
        """Return what stands in the kept copy, by stand-in."""
        return dict.fromkeys(self._marks.values(), BLOT)


def _with(rendered: Rendered, words: Mapping[str, str]) -> Rendered:
    """Put words where their stand-ins are."""
    subject, text, markup = rendered.subject, rendered.text, rendered.html
    for mark, word in words.items():
        subject, text = subject.replace(mark, word), text.replace(mark, word)
        markup = markup.replace(mark, html.escape(word))
    return Rendered(subject, text, markup)


def stated(letter: Letter, language: str) -> Stated:
    """Return what a letter really states in a language, found by rendering it. Asks no guard."""
    return _render(letter, language, None)[1]


def _names(letter: Letter, language: str, hide: Hide | None, preferences: str = "") -> dict[str, Any]:
    """Return what the templates of a letter may use, in the language that is active."""
    names = _fields(letter, hide)
    names["preferences"] = hide(preferences) if hide else preferences
    names["language"] = language
    names["site"] = settings.BASE_URL
    names["direction"] = "rtl" if translation.get_language_bidi() else "ltr"
    return names


def _render(letter: Letter, language: str, hide: Hide | None, preferences: str = "") -> tuple[Rendered, Stated]:
    chosen = supported(language)
    with translation.override(chosen):
        names = _names(letter, chosen, hide, preferences)
        subject = one_line(_part(letter.kind, "subject.txt", names)[0])
        if not subject:
            raise ImproperlyConfigured(f"messages/{letter.kind}/subject.txt is empty in {chosen!r}")
        names["subject"] = subject
        text, in_text = _part(letter.kind, "body.txt", names)
        body, in_html = _part(letter.kind, "body.html", names)
    text = _MANY_BREAKS.sub("\n\n", _TRAILING.sub("\n", clean(text))).strip() + "\n"
    return Rendered(subject, text, clean(body).strip() + "\n"), Stated(in_text, in_html)
