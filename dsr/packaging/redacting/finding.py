"""Finds what was marked, in whatever form it stands, and says where."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dsr.packaging.redacting.folding import BLOCK, HARD, SOFT, fold, words
from dsr.packaging.redacting.views import View, views

BLACK: Final = BLOCK * 5
SHORTEST: Final = 3
"""Letters and digits below which a text is found in too many others to be taken out everywhere."""
_WHOLE: Final = 5
"""Letters and digits below which only whole words count."""
_NUMBER: Final = re.compile(r"[\s+()./\d-]+")
_ROUNDS: Final = 12
STOPS: Final = ",;:{}[]\"'|<>=\r\n\t"
"""What parts one value from the next in formats that programs write."""


@dataclass(frozen=True, slots=True)
class Term:
    """Something to be taken out wherever it stands. ``mark`` says on whose account, and is handed back."""

    mark: str
    text: str
    region: str = ""
    """The country whose telephone numbers are written without a code, such as ``IE``."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place, as characters of the text that was searched."""

    mark: str
    start: int
    end: int


def squeezed(text: str) -> str:
    """Return the letters and digits of a text, folded."""
    return fold(text)[0].replace(SOFT, "").replace(HARD, "")


class Finder:
    """Every term at once. Finding takes a pass over the folded text, and one for each disguise in it."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms = [(term, pattern) for term in terms if (pattern := _pattern(term))]
        every = "|".join(sorted({pattern for _, pattern in self._terms}, key=lambda each: (-len(each), each)))
        self._any = re.compile(every) if every else None
        self._each = [(term.mark, re.compile(pattern), _short(term.text)) for term, pattern in self._terms]

    def __bool__(self) -> bool:
        return self._any is not None

    def hits(
        self, text: str, *, stops: str = "", plain: bool = False, without: frozenset[str] = frozenset()
    ) -> list[Hit]:
        """Return every place in a text where a term stands, as it is or in a disguise unless ``plain``."""
        found: dict[Hit, None] = {}
        for view in [View.of(text)] if plain else views(text, without=without):
            found |= dict.fromkeys(self._in_view(view, stops))
        return sorted(found, key=lambda hit: (hit.start, -hit.end))

    def found(self, text: str, *, stops: str = "", without: frozenset[str] = frozenset()) -> bool:
        """Whether any term stands in a text."""
        return any(True for view in views(text, without=without) for _ in self._in_view(view, stops))

    def _in_view(self, view: View, stops: str) -> Iterator[Hit]:
        folded, places = fold(view.text, stops)
        if self._any is None or self._any.search(folded) is None:
            return
        for mark, pattern, short in self._each:
            for match in pattern.finditer(folded):
                first, last = places[match.start()], places[match.end() - 1]
                if short and _inside(view.text, first, last):
                    continue
                yield Hit(mark, view.starts[first], view.ends[last])

    def blacken(self, text: str) -> tuple[str, list[str]]:
        """Return the text with every term taken out, and the mark of each place."""
        [new], marks = self.blacken_row([text])
        return new, marks

    def blacken_row(self, texts: Sequence[str], *, plain: bool = False) -> tuple[list[str], list[str]]:
        """Take every term out of texts that stand side by side, and may hold a name between them."""
        texts = list(texts)
        marks: list[str] = []
        for _ in range(_ROUNDS):
            hits = self.hits(SOFT.join(texts), plain=plain)
            if not hits:
                return texts, marks
            spans = list(_merged(hits))
            marks += [mark for mark, _, _ in spans]
            texts = _without(texts, spans)
        return [BLACK if self.found(text) else text for text in texts], marks


def _short(text: str) -> bool:
    return len(squeezed(text)) < _WHOLE and text.isascii()


def _inside(text: str, first: int, last: int) -> bool:
    """Whether a place is only part of a word or of a number."""
    ahead = first > 0 and _alike(text[first - 1], text[first])
    return ahead or (last + 1 < len(text) and _alike(text[last], text[last + 1]))


def _alike(left: str, right: str) -> bool:
    return (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())


def _merged(hits: list[Hit]) -> Iterator[tuple[str, int, int]]:
    mark, start, end = hits[0].mark, hits[0].start, hits[0].end
    for hit in hits[1:]:
        if hit.start < end:
            end = max(end, hit.end)
        else:
            yield mark, start, end
            mark, start, end = hit.mark, hit.start, hit.end
    yield mark, start, end


def _without(texts: list[str], spans: list[tuple[str, int, int]]) -> list[str]:
    new, offset = [], 0
    for text in texts:
        parts, before = [], 0
        for _, first, last in spans:
            start, end = max(first - offset, 0), min(last - offset, len(text))
            if start < end:
                parts += [text[before:start].rstrip("+"), BLACK]
                before = end
        new.append("".join([*parts, text[before:]]))
        offset += len(text) + 1
    return new


# --- What a term looks like ------------------------------------------------------------------------------------------


def _pattern(term: Term) -> str:
    if numbers := _numbers(term):
        return "|".join(sorted(numbers, key=lambda each: (-len(each), each)))
    parts = words(term.text)
    if not parts:
        return ""
    orders = {tuple(parts)}
    if 2 <= len(parts) <= 4:
        orders |= {(*parts[turn:], *parts[:turn]) for turn in range(1, len(parts))}
        orders.add(tuple(reversed(parts)))
    return "|".join(f"{SOFT}?".join(map(re.escape, order)) for order in sorted(orders))


def _numbers(term: Term) -> set[str]:
    """Return the ways in which a telephone number is written, folded; none for what is no long number."""
    digits = squeezed(term.text)
    if len(digits) < 7 or not _NUMBER.fullmatch(term.text):
        return set()
    # Costs 90 ms to import, and most processes never see a number.
    import phonenumbers

    bare = digits.lstrip("0")
    forms = {digits, bare} if len(bare) >= 7 else {digits}
    try:
        parsed = phonenumbers.parse(term.text, term.region or None)
    except phonenumbers.NumberParseException:
        return forms
    national = phonenumbers.national_significant_number(parsed)
    if len(national) < 6:
        return forms
    code = str(parsed.country_code)
    return forms | {
        national, f"0{national}", f"{code}{national}", f"00{code}{national}", f"{code}0{national}",
        f"00{code}0{national}",
    }  # fmt: skip
