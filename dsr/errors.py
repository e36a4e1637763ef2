"""One family of errors with stable codes, raised as fixed sentences and mapped once per interface."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar


class RecourseError(Exception):
    """Something a caller may be told. ``code`` is stable, ``sentence`` is for people, neither holds personal data."""

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "error"

    def __init__(self, sentence: str, *, code: str = "", because: Sequence[str] = (), field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.default_code
        self.because = tuple(because)
        self.field = field

    def __str__(self) -> str:
        return str(self.sentence)


class NotAllowed(RecourseError):
    """This caller may not do this."""

    status = 403
    default_code = "not-allowed"


class NotFound(RecourseError):
    """There is no such thing, or it is not this caller's: the two look alike on purpose."""

    status = 404
    default_code = "not-found"


class WrongState(RecourseError):
    """The request is not in a state in which this can happen."""

    status = 409
    default_code = "wrong-state"


class Unlawful(WrongState):
    """A law forbids it now. ``rule`` names the rule and ``source`` where it stands."""

    default_code = "forbidden-by-law"

    def __init__(self, sentence: str, *, rule: str, source: str, code: str = "") -> None:
        super().__init__(sentence, code=code)
        self.rule = rule
        self.source = source


class Stale(RecourseError):
    """Somebody changed it since the caller looked."""

    status = 412
    default_code = "stale"


class Conflict(RecourseError):
    """The same idempotency key came with different content."""

    status = 409
    default_code = "idempotency-conflict"


class Incomplete(RecourseError):
    """Something that is needed is missing or wrong. ``problems`` maps each field to its sentence."""

    status = 422
    default_code = "incomplete"

    def __init__(
        self, sentence: str, *, code: str = "", field: str = "", problems: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence, code=code, field=field)
        self.problems = dict(problems or ({field: sentence} if field else {}))


class TooMany(RecourseError):
    """Too often; ``retry_at`` says when to come back."""

    status = 429
    default_code = "too-many"

    def __init__(self, sentence: str, *, retry_at: datetime, code: str = "") -> None:
        super().__init__(sentence, code=code)
        self.retry_at = retry_at
