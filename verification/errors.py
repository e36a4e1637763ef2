"""Why a check did not succeed. The caller turns each into words; none holds anything personal."""

from datetime import datetime
from typing import ClassVar


class CheckError(Exception):
    """A check did not succeed; `code` is stable."""

    code: ClassVar[str] = "check-failed"


class Unknown(CheckError):
    """There is no such check."""

    code = "check-unknown"


class Expired(CheckError):
    """The link or code is too old. A new one can be sent."""

    code = "check-expired"


class Superseded(CheckError):
    """The address was corrected, so that this link or code does nothing any more."""

    code = "check-superseded"


class AlreadyConfirmed(CheckError):
    """The address is confirmed, so that nothing is sent to it or to another."""

    code = "check-confirmed"


class WrongCode(CheckError):
    """The code is not the one that was last sent."""

    code = "check-wrong-code"

    def __init__(self, tries_left: int) -> None:
        super().__init__(self.code)
        self.tries_left = tries_left


class _Later(CheckError):
    def __init__(self, retry_at: datetime) -> None:
        super().__init__(self.code)
        self.retry_at = retry_at


class TooMany(_Later):
    """Too many wrong codes: this one is dead. The link still works; a new code can be sent at `retry_at`."""

    code = "check-too-many"


class TooSoon(_Later):
    """Something was sent a moment ago, or often enough for a day; from `retry_at` it can be sent again."""

    code = "check-too-soon"


class LoginOff(CheckError):
    """No console to sign in at is set up."""

    code = "login-off"


class LoginElsewhere(CheckError):
    """Who came back from the console is not the browser that set out. It counts for nothing, whoever signed in."""

    code = "login-elsewhere"


class LoginDeclined(CheckError):
    """The console sent the person back without having signed them in."""

    code = "login-declined"


class LoginStale(CheckError):
    """They were signed in already and did not prove it anew."""

    code = "login-stale"


class LoginRefused(CheckError):
    """What the console said does not hold; `reason` is a fixed word for the log."""

    code = "login-refused"

    def __init__(self, reason: str) -> None:
        super().__init__(self.code)
        self.reason = reason


class LoginUnreachable(CheckError):
    """The console could not be asked, or answered with something else; `reason` is a fixed word for the log."""

    code = "login-unreachable"

    def __init__(self, reason: str) -> None:
        super().__init__(self.code)
        self.reason = reason
