"""Log lines as data: JSON, one per line, with an allow-list of keys.

What is not on the list is dropped, so a careless call cannot leak a value. Lines of other libraries keep their
logger, level and the constant part of their message: the text before its arguments were put in, because arguments
hold addresses, paths and rows. A traceback is reduced to places in files; the text of an exception is dropped.
"""

import logging
import logging.config
import re
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any

import structlog

#: Keys that may appear in a line. None of them may ever carry a personal value.
ALLOWED = frozenset(
    {
        *("event", "level", "logger", "timestamp", "request_id", "error", "where"),
        *("method", "route", "status", "duration_ms", "size"),
        *("task", "id", "ids", "kind", "verb", "right", "state", "outcome", "code", "result", "attempt"),
        *("request", "submission", "step", "message", "package", "system", "reference_hash", "connector", "dataset"),
        *("count", "counts", "tally", "seconds", "due", "waiting", "process", "pid", "port", "exit_code", "name"),
        *("check", "broker", "transport", "version", "migration"),
    }
)
#: Loggers whose lines carry addresses in their constant part or say nothing that we do not log ourselves.
_QUIET = ("django.request", "django.server", "django.security", "httpx", "httpcore", "urllib3", "fido2", "faker")
_LONGEST = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

EventDict = MutableMapping[str, Any]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = get_logger(__name__)`, then `log.info("what happened", verb="approve")`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _foreign(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Lines of other libraries: the message without its arguments."""
    arguments = event.pop("positional_args", None)
    if not event.get("_from_structlog"):
        record: logging.LogRecord = event["_record"]
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        # A message built before it was logged may hold anything; only one with places for arguments is constant.
        event["event"] = template if arguments else f"line {record.lineno} of {record.module}"
    return event


def _errors(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replaces an exception by its class and the places it passed through."""
    info = event.pop("exc_info", None)
    if info is None and (record := event.get("_record")) is not None:
        info = record.exc_info
    if info is True:
        import sys

        info = sys.exc_info()
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["where"] = places(error.__traceback__)
    return event


def places(trace: TracebackType | None) -> list[str]:
    """The last eight places of a traceback, as `file:line function`, without any source text or value."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-8:]]


def _allow(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: _plain(value) for key, value in event.items() if key in ALLOWED}


def _plain(value: Any) -> Any:
    """Numbers, short text without control characters, and lists or mappings of those."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:50]]
    if isinstance(value, dict):
        return {str(key)[:_LONGEST]: _plain(item) for key, item in list(value.items())[:50]}
    return _CONTROL.sub(" ", str(value))[:_LONGEST]


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(level: str) -> dict[str, Any]:
    """The value of Django's LOGGING; also sets up structlog for the process."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "use_get_message": False,
                "pass_foreign_args": True,
                "processors": [_foreign, _errors, _allow, structlog.processors.JSONRenderer(sort_keys=True)],
            }
        },
        "handlers": {"stderr": {"class": "dsr.logs.Handler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{name: {"level": "ERROR" if level != "DEBUG" else "WARNING"} for name in _QUIET},
            # Their news about each task and connection is ours to tell, or nobody's.
            **{name: {"level": "WARNING"} for name in ("celery", "kombu", "amqp")},
            # The web server's own handler would print an exception with its text.
            **{name: {"level": "WARNING", "handlers": [], "propagate": True} for name in ("_granian", "granian")},
            # SQL has its parameters in it: never, at any level.
            "django.db.backends": {"level": "WARNING"},
            "sqlalchemy": {"level": "WARNING"},
            "django": {"handlers": [], "propagate": True},
        },
    }


class Handler(logging.StreamHandler[Any]):
    """Writes to standard error; a line that cannot be formatted is reported by its place, not by its content."""

    def handleError(self, record: logging.LogRecord) -> None:
        """The default prints the arguments of the call; this does not."""
        with suppress(OSError, ValueError):
            self.stream.write(f'{{"event": "unloggable line", "logger": "{record.name}", "line": {record.lineno}}}\n')


def start_sentry(dsn: str) -> None:
    """Sends errors to Sentry, without variables, bodies, headers, addresses or users."""
    try:
        import sentry_sdk
    except ImportError:
        from dsr.environment import SettingError

        raise SettingError(
            "SENTRY_DSN", "it is set, but sentry-sdk is not installed", 'pip install "recourse[sentry]", or unset it'
        ) from None
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=scrub,
        before_breadcrumb=lambda crumb, hint: None,
    )


def scrub(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
    """Keeps of an error report its classes and places; drops texts, requests, users and anything extra."""
    kept: dict[str, Any] = {
        key: event[key] for key in ("event_id", "timestamp", "level", "platform", "release") if key in event
    }
    values = event.get("exception", {}).get("values", [])
    kept["exception"] = {
        "values": [{key: value[key] for key in ("type", "module", "stacktrace") if key in value} for value in values]
    }
    return kept
