"""What needs to happen now and then: signed checkpoints, and throwing away what has served."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore

from dsr.models import ApiToken, IdempotentAnswer
from dsr.services import history, orphans, pace, signals, watching, webhooks
from dsr.services.choices import cpniletters, effect, heartbeat
from dsr.services.choices import signals as browser_signals
from dsr.services.inbound import tidying
from dsr.services.reviews import recording
from dsr.services.storage import vault
from verification import checks, grants

ANSWERS_KEPT = timedelta(days=2)
"""How long a repeated POST gets the first answer again."""
_LEFTOVERS = timedelta(days=1)
_UPLOADS = timedelta(hours=1)
_GRANTS_KEPT = timedelta(days=30)


def housekeep(at: datetime) -> dict[str, int]:
    """Do the round once. Returns how much of each was done."""
    signed = history.checkpoint(at)
    answers, _ = IdempotentAnswer.objects.filter(at__lt=at - ANSWERS_KEPT).delete()
    tokens, _ = ApiToken.objects.filter(expiry__lt=at).delete()
    SessionStore.clear_expired()
    watched, slacked = watching.complete(at)
    return {
        "watches_added": watched,
        "starts_set": slacked,
        "paces_measured": pace.measure(at),
        "events_signed": signed.count if signed else 0,
        "answers_forgotten": answers,
        "tokens_expired": tokens,
        "checks_ended": checks.end_due(at),
        "grants_ended": grants.delete_ended(at - _GRANTS_KEPT),
        "origins_forgotten": signals.forget_origins(at),
        "deliveries_forgotten": webhooks.purge(at),
        "old_secrets_forgotten": webhooks.forget_old_secrets(at),
        "notices_forgotten": cpniletters.tidy(at),
        "choices_forgotten": effect.tidy(at),
        "browsers_forgotten": browser_signals.forget(at),
        "decisions_forgotten": recording.forget(at),
        "test_choices_forgotten": heartbeat.tidy(at),
        "letters_destroyed": tidying.purge(at),
        "files_swept": vault().sweep(at - _LEFTOVERS) + orphans.sweep(at - _LEFTOVERS),
        "uploads_swept": orphans.sweep_uploads(at - _UPLOADS),
    }
