"""Whether a reply to a message asks for no more of them, by the words that a law names.

47 CFR 64.1200(a)(10) takes "stop", "quit", "end", "revoke", "opt out", "cancel" and "unsubscribe" in a reply for a
revocation whatever else is said. A mistake towards yes costs somebody an advertisement, one towards no breaks that law:
a short reply with one of the words asks, unless it plainly says otherwise. In a longer one the word must be a demand,
as it also occurs in prose. What is asked in words of people's own is for people to read.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

SHORT: Final = 5
"""So many words are a command and not prose."""
_LONGEST: Final = 20_000
"""Characters of their own that are looked at; nobody writes as much before saying it."""
_WIDEST: Final = 500
"""Characters of a line that may say that what follows is quoted."""

_WORDS: Final = "stop|stopall|quit|end|revoke|optout|cancel|unsubscribe"
_WORD = re.compile(rf"\b(?:{_WORDS})\b")
_ALONE = re.compile(rf"(?:please|pls)?(?:{_WORDS})(?:all|now|please|pls|thanks|thankyou)?")
"""All the letters of a reply, where spaces and signs between them mean nothing: "S.T.O.P", "un-subscribe"."""

_OTHERWISE = re.compile(
    # "do not stop", "I don't want to unsubscribe"; not "I cannot stop these", which is a cry for help
    rf"\b(?:do not|don't|dont|did not|didn't|didnt|never|not to)(?: (?:ever|want to|wish to|mean to))? (?:{_WORDS})\b"
    # a part of time
    r"|\b(?:the|at|by|in|from|month|year|week|day|front|back|high|low|to) end\b|\bend (?:of|users?|date)\b"
    # a visit
    r"|\bstop (?:by|over|off)\b"
)
_POLITE = r"(?:(?:hi|hello|hey|dear all|please|pls|kindly|just|now|and|so|ok|okay|thanks|thank you|again) )*"
_COMMAND = re.compile(
    rf"{_POLITE}(?:(?:{_WORDS})(?: (?:{_WORDS}|all|now|it|this|that|these|them|me|us|everything|messages?|texts?"
    r"|texting|e?mails?|calls?|calling|sending|please|pls|thanks|thank|you|immediately|at|once|today|already|marketing))*"
    rf"|(?:stop|unsubscribe|optout)(?: [^\W\d_'][\w']*){{0,{SHORT - 1}}})"
)
"""A whole clause that is nothing but the demand."""
_WISH = (
    r"(?:(?:i|we) (?:want|wish|need|would like|demand|ask|asked|told)(?: you)?(?: all)? to |(?:i|we)'d like to "
    r"|(?:can|could|would|will) you |how (?:do|can) (?:i|we) |you must |(?:i|we) (?:hereby )?)"
)
_DEMAND = re.compile(
    rf"{_POLITE}(?:{_WISH}{_POLITE})?(?:"
    r"(?:stop|quit|end|cancel) (?:sending|texting|calling|ringing|phoning|writing|e?mailing|messaging|contacting"
    r"|spamming|bothering|receiving|getting|all|these|those|this|your|my|the) ?(?:[^\W\d_]+ )*"
    r"(?:messages?|texts?|calls?|e?mails?|newsletters?|subscriptions?|advertis\w+|ads|marketing|spam|me|us|list|lists"
    r"|anything|things?)\b"
    r"|unsubscribe\b|optout\b|opt (?:me|us) out\b|revoke (?:my|our|any|all|the) \w*\s?(?:consent|permission)\b"
    r"|(?:have )?(?:already )?(?:unsubscribed|opted out)\b)"
)
"""How a demand begins in a longer reply."""

_CLAUSE = re.compile(r"[.!?;,:()\n\u2013\u2014]+")
_QUOTING = re.compile(r"\s*(?:on\b.*\bwrote|am\b.*\bschrieb.*|le\b.*\ba écrit)\s*:\s*", re.IGNORECASE)
_BELOW_IS_OLD = re.compile(
    r"\s*(?:-+ ?(?:original message|forwarded message)\b.*|_{10,}|-- ?|sent from my\b.*|from: .+)", re.IGNORECASE
)


def stops(text: str) -> bool:
    """Whether a reply to a message asks that there be no more. 47 CFR 64.1200(a)(10)"""
    own = _plain("\n".join(_own(text))[:_LONGEST])
    if _ALONE.fullmatch(re.sub(r"[\W_]", "", own)):
        return True
    clauses = [" ".join(clause.split()) for clause in _CLAUSE.split(own)]
    if len(own.split()) <= SHORT:
        return any(_WORD.search(_OTHERWISE.sub(" ", clause)) for clause in clauses)
    return any(_demands(clause) for clause in clauses)


def _demands(clause: str) -> bool:
    """Whether a clause of a longer reply is the demand, or begins with it."""
    if _OTHERWISE.match(re.sub(rf"^{_POLITE}", "", clause)):
        return False
    return bool(_COMMAND.fullmatch(clause) or _DEMAND.match(clause))


def _own(text: str) -> Iterator[str]:
    """Yield the lines that the person wrote: none of the message that is quoted below or between them."""
    lines = text.splitlines()
    marked = {number for number, line in enumerate(lines) if line.lstrip().startswith(">")}
    for number, line in enumerate(lines):
        if _BELOW_IS_OLD.fullmatch(line[:_WIDEST]):
            return
        if any(_QUOTING.fullmatch(" ".join(lines[number : number + many])[:_WIDEST]) for many in (1, 2)):
            if max(marked, default=-1) < number:
                return  # what follows is not marked as old, and can be nothing else
        elif number not in marked:
            yield line


def _plain(text: str) -> str:
    """Return the words alone, in small letters: however they are written, set off or decorated."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("\u2018", "'")
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = re.sub(r"\bopt(?:ing)?[\s-]*out\b", "optout", text)
    text = re.sub(r"\bun[\s-]+subscribe\b", "unsubscribe", text)
    # Only what ends a clause, and the apostrophe within a word, says anything.
    text = re.sub(r"(?<!\w)'|'(?!\w)|[^\w\s'.!?;,:()\u2013\u2014]|_", " ", text)
    return text.strip()
