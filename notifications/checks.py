"""System checks that hold each kind of message and its templates together."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.template import Context, Template, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, TextNode, Token, TokenType, Variable
from django.template.defaulttags import ForNode
from django.template.loader_tags import ExtendsNode
from django.templatetags.i18n import BlockTranslateNode
from django.utils import translation

from notifications import gsm, letters, sms
from notifications.letters import GIVEN, LONGEST_NAME, PARTS_BY, TEXT_PART, TEXT_SHOWS, Letter
from notifications.templatetags.letters import StatesNode

_BRINGS_SOMETHING_IN: Final = re.compile(
    r"<(img|script|link|iframe|object|embed|video|audio)\b|\bsrc\s*=|url\(", re.IGNORECASE
)
_UNSCANNED: Final = ("origin", "token", "blocks")


def _parts_of(thing: Any) -> Iterator[Any]:
    """Yield what a template node is made of: its attributes, or the items of a container."""
    if isinstance(thing, dict):
        yield from thing.values()
    elif isinstance(thing, (list, tuple)):
        yield from thing
    elif isinstance(thing, FilterExpression):
        yield thing.var
        yield from (argument for _, arguments in thing.filters for _, argument in arguments)
    elif isinstance(thing, Node) or type(thing).__module__.startswith("django.template"):
        yield from (value for name, value in vars(thing).items() if name not in _UNSCANNED)


def _bound_by(node: Any) -> frozenset[str]:
    """Return the names a node defines for what is inside it."""
    bound: set[str] = {"block"}
    if isinstance(node, ForNode):
        bound |= {*node.loopvars, "forloop"}
    if isinstance(node, BlockTranslateNode):
        bound |= {*node.extra_context, node.countervar or ""}
    bound |= set(getattr(node, "extra_context", None) or {})
    for attribute in ("asvar", "variable_name", "target_var"):
        name = getattr(node, attribute, None)
        if isinstance(name, str):
            bound.add(name)
    return frozenset(bound)


def used_names(template: Template) -> set[str]:
    """Return the names a template takes from its context, those of the templates it extends included."""
    used: set[str] = set()
    _collect(template.nodelist, frozenset(), used, set())
    for node in cast(list[ExtendsNode], template.nodelist.get_nodes_by_type(ExtendsNode)):
        parent = cast(FilterExpression, node.parent_name).var
        if isinstance(parent, str):
            used |= used_names(template.engine.get_template(parent))
    return used


def _collect(thing: Any, bound: frozenset[str], used: set[str], seen: set[int]) -> None:
    if id(thing) in seen:
        return
    if isinstance(thing, Variable):
        # Literals have no look-ups; a translated literal has neither.
        if thing.lookups and thing.lookups[0] not in bound:
            used.add(thing.lookups[0])
        return
    if isinstance(thing, Token):
        # A block for translators keeps its placeholders as raw tokens.
        if thing.token_type == TokenType.VAR and (name := re.split(r"[.|]", thing.contents)[0]) not in bound:
            used.add(name)
        return
    if isinstance(thing, Node) and not isinstance(thing, NodeList):
        seen.add(id(thing))
        # A tag such as `{% translate ... as name %}` binds for its later siblings: see _collect_list.
        bound |= _bound_by(thing)
    if isinstance(thing, NodeList):
        for node in thing:
            _collect(node, bound, used, seen)
            bound |= _bound_by(node) if not isinstance(node, ForNode) else frozenset()
        return
    for part in _parts_of(thing):
        _collect(part, bound, used, seen)


def _marked(template: Template) -> set[str]:
    return {node.element for node in cast(list[StatesNode], template.nodelist.get_nodes_by_type(StatesNode))}


def _texts(template: Template) -> Iterator[str]:
    for node in cast(list[TextNode], template.nodelist.get_nodes_by_type(TextNode)):
        yield node.s


def _check_part(cls: type[Letter], part: str) -> Iterator[CheckMessage]:
    path = f"messages/{cls.kind}/{part}"
    try:
        template = letters.template(cls.kind, part)
        used = used_names(template)
    except TemplateDoesNotExist as error:
        hint = f"Write templates/{error.args[0] if error.args else path}."
        yield Error(f"{cls.__name__} has no template {path}.", hint=hint, id="notifications.E001")
        return
    except TemplateSyntaxError as error:
        yield Error(f"{path} cannot be read: {error}.", id="notifications.E002")
        return
    fields = {field.name for field in dataclasses.fields(cls)}
    given = GIVEN - {"subject"} if part == "subject.txt" else GIVEN
    for name in sorted(used - fields - given):
        hint = f"Add the field to the dataclass, or use one of: {', '.join(sorted(fields))}."
        yield Error(f"{path} uses {name!r}, which {cls.__name__} does not have.", hint=hint, id="notifications.E003")
    if part == TEXT_PART:
        yield from _check_text(cls, path, template, used)
    elif part != "subject.txt":
        for name in sorted(cls.must_show - used):
            yield Error(f"{path} does not show {name!r}, which it must.", id="notifications.E004")
    for element in sorted(_marked(template) - set(cls.states)):
        hint = f"Add it to {cls.__name__}.states, or use one of: {', '.join(sorted(cls.states))}."
        yield Error(
            f"{path} states {element!r}, which {cls.__name__} does not know.", hint=hint, id="notifications.E008"
        )
    if part.endswith(".html") and any(_BRINGS_SOMETHING_IN.search(text) for text in _texts(template)):
        hint = "A message loads nothing, so that opening it tells nobody anything."
        yield Error(f"{path} loads something from elsewhere.", hint=hint, id="notifications.E005")


def _check_text(cls: type[Letter], path: str, template: Template, used: set[str]) -> Iterator[CheckMessage]:
    """Hold a text message to what it may show and to its length, with the longest words that can be in it."""
    for name in sorted((used & {field.name for field in dataclasses.fields(cls)}) - TEXT_SHOWS):
        hint = f"A text message shows no more than: {', '.join(sorted(TEXT_SHOWS))}."
        yield Error(f"{path} shows {name!r}, which a text message may not.", hint=hint, id="notifications.E010")
    sample = {"reference": "M" * 11, "code": "0" * 6, "minutes": 30, "organisation": "\u0416" * LONGEST_NAME}
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            said = letters.one_line(template.render(Context(sample, autoescape=False)))
        if (size := gsm.segments(gsm.plain(said))) > sms.MOST_SEGMENTS:
            hint = f"Say it in {sms.MOST_SEGMENTS} segments, even if the organisation's name needs other letters."
            yield Error(f"{path} comes to {size} segments in {language!r}.", hint=hint, id="notifications.E011")


def _check_class(cls: type[Letter]) -> Iterator[CheckMessage]:
    params = getattr(cls, "__dataclass_params__", None)
    if "__dataclass_fields__" not in cls.__dict__ or params is None or not params.frozen:
        yield Error(f"{cls.__name__} is not a frozen dataclass.", id="notifications.E006")
        return
    fields = {field.name for field in dataclasses.fields(cls)}
    if unknown := cls.must_show - fields:
        yield Error(f"{cls.__name__}.must_show names no field: {', '.join(sorted(unknown))}.", id="notifications.E007")
    for element, quoted in cls.states.items():
        if strange := ", ".join(sorted(set(quoted) - fields)):
            yield Error(f"{cls.__name__}.states[{element!r}] quotes no field: {strange}.", id="notifications.E009")
    if strange := ", ".join(sorted(cls.channels - PARTS_BY.keys())) or ("" if cls.channels else "nothing"):
        yield Error(f"{cls.__name__}.channels names no channel: {strange}.", id="notifications.E012")
    for part in (part for channel, parts in PARTS_BY.items() if channel in cls.channels for part in parts):
        yield from _check_part(cls, part)


def check_letters(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Check every registered kind: its templates are there, use its fields only, and show what they must."""
    return [message for _, cls in sorted(letters.REGISTRY.items()) for message in _check_class(cls)]
