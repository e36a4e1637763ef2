"""Every setting of the service, read from the environment and from nowhere else.

Without any variable the service runs *embedded*: SQLite, its own broker in a file, mail written to files and its own
keys, all under `DATA_DIR`. With `DATABASE_URL` naming a server it refuses to start until the keys and the address of
the site are given: nothing that is safe on a laptop only may slip into production.
"""

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from dsr import logs
from dsr.environment import (
    KEY_RECIPE,
    SECRET_RECIPE,
    Environment,
    SettingError,
    kept,
    new_keyring,
    new_secret,
)

ENVIRONMENT = env = Environment(os.environ)
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where things are kept -------------------------------------------------------------------------------------------

DATA_DIR = env.folder(
    "DATA_DIR", BASE_DIR / "var", shown="var/", help="Files of the embedded default, static files and scratch space."
)
STATIC_ROOT = env.folder(
    "STATIC_DIR", DATA_DIR / "static", shown="static/ in DATA_DIR", help="Where collectstatic puts what browsers load."
)
RULES_DIR = env.folder(
    "RULES_DIR",
    BASE_DIR / "dsr" / "rules" / "data",
    shown="the rule files that ship",
    help="Notices, regimes, retention rules and grounds of refusal, as data.",
)
STORAGE_URL = env.text(
    "STORAGE_URL",
    f"file://{DATA_DIR / 'storage'}",
    shown="storage/ in DATA_DIR",
    example="s3://recourse-packages/production?region=eu-west-1",
    help="Where packages and evidence lie, always encrypted by the service: a folder, or S3 with the extra `s3`.",
)
for _folder in (DATA_DIR, STATIC_ROOT, DATA_DIR / "tmp"):
    _folder.mkdir(parents=True, exist_ok=True)

# --- Database --------------------------------------------------------------------------------------------------------

_database_url = env.text(
    "DATABASE_URL",
    f"sqlite:///{DATA_DIR / 'recourse.sqlite3'}",
    shown="SQLite in DATA_DIR",
    example="postgres://recourse:password@127.0.0.1:5432/recourse",
    secret=True,
    help="The database. PostgreSQL in production.",
)
_database = env.database(_database_url)
EMBEDDED = _database["ENGINE"].endswith("sqlite3")
_pool_least = env.whole("DATABASE_POOL_MIN", 2, least=0, most=100, help="Connections each process keeps open.")
_pool_most = env.whole("DATABASE_POOL_MAX", 4, least=1, most=100, help="Connections each process opens at most.")
if EMBEDDED:
    _database["OPTIONS"] = {
        # Readers never wait for the writer, and a writer takes its place in the queue when it begins, not half-way.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        "timeout": 20,
    }
else:
    if _pool_least > _pool_most:
        raise SettingError(
            "DATABASE_POOL_MIN", f"saw {_pool_least}, more than DATABASE_POOL_MAX ({_pool_most})", "lower it"
        )
    _database["CONN_MAX_AGE"] = 0  # the pool keeps connections, not Django
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "pool": {"min_size": _pool_least, "max_size": _pool_most, "timeout": 10},
        "connect_timeout": 5,
        "options": "-c idle_in_transaction_session_timeout=60000",
    }
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- The site --------------------------------------------------------------------------------------------------------

PORT = env.whole("PORT", 8000, least=1, most=65535, help="Port that the web server listens on.")
BASE_URL = env.address(
    "BASE_URL",
    f"http://localhost:{PORT}" if EMBEDDED else None,
    shown="http://localhost:8000, embedded only",
    example="https://privacy.example.org",
    required="set it to the address people reach, for example BASE_URL=https://privacy.example.org",
    help="The address people reach. Links in messages start with it.",
)
_host = urlsplit(BASE_URL).hostname or ""
_loopback = ["localhost", "127.0.0.1", "[::1]"]
SECURE = BASE_URL.startswith("https://")
if not (SECURE or EMBEDDED or _host in ("localhost", "127.0.0.1", "::1")):
    raise SettingError("BASE_URL", f"saw {BASE_URL!r}, which is not encrypted", f"write BASE_URL=https://{_host}")
ALLOWED_HOSTS = env.items(
    "ALLOWED_HOSTS", (_host,), shown="the host of BASE_URL", help="Host names the service answers to."
)
# The health checks of a container come from its own loopback. No link is ever built from a Host header.
ALLOWED_HOSTS += [name for name in _loopback if name not in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXIES = env.whole(
    "TRUSTED_PROXIES", 0, least=0, most=9, help="Reverse proxies in front that set X-Forwarded-For and -Proto."
)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
WEB_WORKERS = env.whole("WEB_WORKERS", 2, least=1, most=64, help="Processes of the web server.")
WEB_THREADS = env.whole("WEB_THREADS", 2, least=1, most=16, help="Requests each of them works on at once.")
DEBUG = False  # a stack trace shows personal values; there is no setting that turns it on

# --- Keys ------------------------------------------------------------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY", secret=True, shown="made once, embedded only", help="Signs cookies and forms.")
if not SECRET_KEY:
    if not EMBEDDED:
        raise SettingError("SECRET_KEY", "it is not set", f"make one with: {SECRET_RECIPE}")
    SECRET_KEY = kept(DATA_DIR / "keys" / "secret_key", new_secret)
FIELD_KEYS = env.text(
    "FIELD_KEYS",
    secret=True,
    shown="made once, embedded only",
    example="k2:<base64>,k1:<base64>",
    help="Master keys of everything personal, `id:base64` of 32 bytes each. The first seals, all of them open.",
)
if not FIELD_KEYS:
    if not EMBEDDED:
        raise SettingError("FIELD_KEYS", "it is not set", f"make one with: {KEY_RECIPE} and keep a copy elsewhere")
    FIELD_KEYS = kept(DATA_DIR / "keys" / "field_keys", new_keyring)
FIELD_KEYS = env.keyring("FIELD_KEYS", FIELD_KEYS)

# --- Broker, cache, mail, text messages ------------------------------------------------------------------------------

BROKER_URL = env.text(
    "BROKER_URL",
    "embedded://localhost",
    shown="a file in DATA_DIR",
    example="redis://127.0.0.1:6379/0",
    secret=True,
    help="The doorbell between web and worker. Losing it delays work and loses none.",
)
SWEEP_SECONDS = env.whole(
    "SWEEP_SECONDS",
    5 if EMBEDDED else 10,
    least=1,
    most=300,
    shown="5 embedded, else 10",
    help="Seconds between two sweeps of the work that waits.",
)
HEARTBEAT_MINUTES = env.whole(
    "HEARTBEAT_MINUTES",
    30,
    least=0,
    most=1440,
    help="Minutes between two test choices of an invented person by each public path; 0 makes none.",
)
HEARTBEAT_URL = env.text(
    "HEARTBEAT_URL",
    "",
    shown="BASE_URL",
    example="http://web:8000",
    help="Where the worker reaches the public pages for them, if not where people do.",
)
CHOICE_WINDOW_SECONDS = env.whole(
    "CHOICE_WINDOW_SECONDS",
    3 * 24 * 3600,
    least=1,
    most=3 * 24 * 3600,
    shown="259200, three days",
    help="Seconds until a choice on marketing is in effect in every system; the notice may promise less.",
)
_cache_url = env.text(
    "CACHE_URL",
    BROKER_URL if BROKER_URL.startswith(("redis://", "rediss://")) else f"filecache://{DATA_DIR / 'cache'}",
    shown="BROKER_URL if that is Redis, else files in DATA_DIR",
    example="redis://127.0.0.1:6379/1",
    secret=True,
    help="Shared by all processes: throttles, heartbeat. Holds nothing personal.",
)
_redis = _cache_url.startswith(("redis://", "rediss://"))
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        **env.parsed(
            "CACHE_URL", _cache_url, environ.Env.cache_url_config, fix="write redis://HOST:6379/1, or leave it out"
        ),
        **(
            {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
            }
            if _redis
            else {}
        ),
        "KEY_PREFIX": "recourse",
    }
}

_email_url = env.text(
    "EMAIL_URL",
    f"filemail://{DATA_DIR / 'mail'}" if EMBEDDED else None,
    shown="files in mail/ of DATA_DIR, embedded only",
    example="smtp+tls://user:password@mail.example.org:587",
    required="set it to your mail server, for example EMAIL_URL=smtp+tls://user:password@mail.example.org:587",
    secret=True,
    help="How mail leaves.",
)
_email = env.parsed(
    "EMAIL_URL", _email_url, environ.Env.email_url_config, fix="write smtp+tls://USER:PASSWORD@HOST:587"
)
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
if EMAIL_BACKEND.endswith("filebased.EmailBackend"):
    EMAIL_BACKEND = "notifications.backends.EmlFiles"
EMAIL_FILE_PATH = unquote(urlsplit(_email_url).path)
EMAIL_HOST = _email["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
# A server that scans before it answers takes longer than a few seconds, and giving up on it means a second copy.
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.text(
    "MAIL_FROM", f"privacy@{_host}", shown="privacy@ the host of BASE_URL", help="Sender of every message."
)
MAIL_REPLY_TO = env.text(
    "MAIL_REPLY_TO", example="privacy@example.org", help="Where answers to messages go, if not to the sender."
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

MAILBOX_URL = env.mailbox(
    env.text(
        "MAILBOX_URL",
        secret=True,
        example="imaps://privacy:password@mail.example.org/INBOX",
        help="The privacy mailbox, read by IMAP: docs/how-to/mailbox.md. `#NAME` after it names the folder that what "
        "was read is moved to. None is read if empty.",
    )
)
MAILBOX_SECONDS = env.whole("MAILBOX_SECONDS", 60, least=10, most=3600, help="Seconds between two looks into it.")
MAILBOX_MOST_MB = env.whole(
    "MAILBOX_MOST_MB", 25, least=1, most=100, help="Of a larger message only the head is read; it stays in the mailbox."
)
MAIL_LOOKED_AT_DAYS = env.whole(
    "MAIL_LOOKED_AT_DAYS", 2, least=1, most=14, help="Days within which somebody has to say what a letter by mail is."
)
MAIL_KEPT_DAYS = env.whole(
    "MAIL_KEPT_DAYS", 30, least=1, most=365, help="Days after it was dealt with until a letter by mail is destroyed."
)

SMS_URL = env.text(
    "SMS_URL",
    f"file://{DATA_DIR / 'sms'}" if EMBEDDED else None,
    shown="files in sms/ of DATA_DIR, embedded only",
    example="https://gateway.example.org/messages",
    help="How text messages leave: docs/how-to/text-messages.md. Nobody is offered a code by text message without it.",
)
SMS_FROM = env.text(
    "SMS_FROM", example="+353861234567", help="Sender of every text message: a number, a short code, or a short name."
)
SMS_ACCOUNT = env.text("SMS_ACCOUNT", help="Account at the service that sends them, where SMS_URL begins messages+.")
SMS_TOKEN = env.text("SMS_TOKEN", secret=True, help="Token or password that this service asks for.")
SMS_URL = env.texting(SMS_URL, SMS_FROM, SMS_ACCOUNT, SMS_TOKEN)

# --- What is switched on ---------------------------------------------------------------------------------------------

DEMO = env.flag(
    "DEMO", EMBEDDED, shown="yes, embedded only", help="Load the demonstration organisation and its known logins."
)
if DEMO and RULES_DIR == BASE_DIR / "dsr" / "rules" / "data" and (BASE_DIR / "dsr" / "demo" / "rules").is_dir():
    RULES_DIR = BASE_DIR / "dsr" / "demo" / "rules"  # what ships, and invented companies beside the real organisation
DEMO_ACCOUNTS_URL = env.text(
    "DEMO_ACCOUNTS_URL",
    secret=True,
    example="postgresql://recourse@localhost/recourse_demo_accounts",
    help="Database of the demonstration's accounts; a file in DATA_DIR if empty.",
)
DEMO_MESSAGING_URL = env.text(
    "DEMO_MESSAGING_URL",
    secret=True,
    example="mariadb://recourse@localhost/recourse_demo_messaging",
    help="Database of the demonstration's messaging records; a file in DATA_DIR if empty.",
)
DEMO_PORT = env.whole(
    "DEMO_PORT", PORT % 65535 + 1, shown="the one after PORT", least=1, most=65535,
    help="Port of the demonstration's marketing service.",
)  # fmt: skip
STAFF_MFA = env.flag(
    "STAFF_MFA", not EMBEDDED, shown="no, embedded only", help="Staff must enrol a second factor before they work."
)
SECURITY_CONTACT = env.text(
    "SECURITY_CONTACT",
    f"mailto:security@{_host}",
    shown="mailto:security@ the host of BASE_URL",
    help="Contact line of /.well-known/security.txt.",
)
METRICS_TOKEN = env.text("METRICS_TOKEN", secret=True, help="Bearer token that /metrics asks for; open without one.")
SENTRY_DSN = env.text(
    "SENTRY_DSN", secret=True, help="Error reports, with the extra `sentry`; personal values are cut."
)
LOG_LEVEL = env.text(
    "LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"), help="Least important line that is written."
)
LOGGING = logs.configuration(LOG_LEVEL)
if SENTRY_DSN:
    logs.start_sentry(SENTRY_DSN)

# --- Where people sign in --------------------------------------------------------------------------------------------

OIDC_ISSUER = env.issuer(
    "OIDC_ISSUER",
    example="https://login.example.org",
    help="The organisation's console as an OpenID provider, where people prove an account is theirs. Off if empty.",
)
if OIDC_ISSUER.startswith("http://") and SECURE:
    raise SettingError("OIDC_ISSUER", f"saw {OIDC_ISSUER!r}, which is not encrypted", "name the https address")
OIDC_CLIENT_ID = env.text(
    "OIDC_CLIENT_ID", example="privacy-centre", help="Under which name the console knows this service."
)
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise SettingError("OIDC_CLIENT_ID", "it is not set, and OIDC_ISSUER is", "set it to the client id of that console")
OIDC_CLIENT_SECRET = env.text(
    "OIDC_CLIENT_SECRET", secret=True, help="Its secret there; without one the service is a public client with PKCE."
)
OIDC_ACCOUNT_CLAIM = env.text(
    "OIDC_ACCOUNT_CLAIM", "sub", help="The claim that holds the number of the person's account."
)
OIDC_MFA_ACR = env.text(
    "OIDC_MFA_ACR",
    example="urn:example:mfa",
    help="The `acr` of a sign-in with a second factor, where `amr` does not tell.",
)
OIDC_TITLE = env.text("OIDC_TITLE", "your account", help="What people call the console, as in *sign in to ...*.")

# --- How long things wait --------------------------------------------------------------------------------------------

LAPSE_AFTER_DAYS = env.whole(
    "LAPSE_AFTER_DAYS", 28, least=2, most=365, help="Days until a request lapses whose mail address nobody confirmed."
)
LAPSE_WARNING_DAYS = env.whole("LAPSE_WARNING_DAYS", 7, least=1, most=90, help="Days before that on which we warn.")
DOWNLOAD_DAYS = env.whole("DOWNLOAD_DAYS", 30, least=2, most=365, help="Days an answer is held ready to download.")
EXPIRY_WARNING_DAYS = env.whole(
    "EXPIRY_WARNING_DAYS", 7, least=1, most=90, help="Days before the download ends on which we warn."
)
ERASURE_WAIT_DAYS = env.whole(
    "ERASURE_WAIT_DAYS", 3, least=0, most=30, help="Days between the approval of an erasure and its beginning."
)
REVIEWER_TRAINED_MONTHS = env.whole(
    "REVIEWER_TRAINED_MONTHS", 24, least=1, most=120, help="Months for which the training of a reviewer counts."
)
REVIEW_ASK_DAYS = env.whole(
    "REVIEW_ASK_DAYS", 7, least=2, most=60, help="Days a person has to say something about an automated decision."
)
REVIEW_REASONS_LEAST = env.whole(
    "REVIEW_REASONS_LEAST", 120, least=40, most=2000, help="Characters that the reasons of a review have at least."
)
REVIEW_STREAK_ALARM = env.whole(
    "REVIEW_STREAK_ALARM", 10, least=2, most=1000, help="Decisions let stand in a row from which a reviewer is shown."
)
ANSWER_KEPT_DAYS = env.whole(
    "ANSWER_KEPT_DAYS", 60, least=2, most=730, help="Days after which the files of an answer are destroyed."
)
CASE_KEPT_DAYS = env.whole(
    "CASE_KEPT_DAYS", 730, least=30, most=3650, help="Days after closing until the personal data of a case is deleted."
)
AUTO_APPROVE = env.items(
    "AUTO_APPROVE",
    (),
    example="access",
    help="Rights whose plain cases, everything found and nothing held back, go out without people looking at them.",
)

# --- Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "notifications.apps.NotificationsConfig",
    "verification.apps.VerificationConfig",
    "dsr.apps.DsrConfig",
]
MIDDLEWARE = [
    "dsr.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "dsr.middleware.Direct",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "dsr.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dsr.middleware.StaffSecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "dsr.urls"
WSGI_APPLICATION = "dsr.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dsr.gpc.shown",
            ],
        },
    }
]
STATIC_URL = "static/"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.InMemoryStorage"
    },  # files go through the vault, never through here
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = ["dsr.formats"]
LOCALE_PATHS = [BASE_DIR / "dsr" / "locale"]

# --- Sign-in of staff ------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validators}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
    {"NAME": f"{_validators}.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
ACCOUNT_ADAPTER = "dsr.staff.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; the adapter says so
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False  # a shared desk is not to remember anybody
ACCOUNT_LOGOUT_REDIRECT_URL = "/admin/"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the accounts are made by an administrator
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Recourse"

# --- What browsers are told ------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "dsr.errorpages.csrf_failure"
LANGUAGE_COOKIE_SECURE = SECURE
# HSTS for sibling names and the browsers' preload list are the organisation's to decide, not one service's of it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

# --- API and console -------------------------------------------------------------------------------------------------

KNOX_TOKEN_MODEL = "dsr.ApiToken"  # noqa: S105 - a model, no password
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": timedelta(days=365), "TOKEN_PREFIX": "rec_"}
API_PER_MINUTE = env.whole(
    "API_PER_MINUTE", 3000, least=0, most=10_000_000, help="Requests a minute each API token may make; 0: no limit."
)
WEBHOOK_NETWORKS = env.networks(
    "WEBHOOK_NETWORKS",
    example="10.1.0.0/16",
    help="Networks that are not public and may be called by webhooks all the same, in these without encryption too.",
)
DECISION_NETWORKS = [*WEBHOOK_NETWORKS, *([ip_network("127.0.0.1/32")] if DEMO else [])]
"""Where systems are told of reviews, beside public addresses: the demonstration has one on this machine."""
REST_FRAMEWORK: dict[str, Any] = {
    # Nothing gets in by these; what lets somebody in stands on dsr.api.endpoint.Endpoint, the base of every call.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "dsr.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": TRUSTED_PROXIES,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Recourse",
    "DESCRIPTION": "Data subject rights requests: file them, work on them, prove what was done.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": ["dsr.api.schema.add_problems"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
    "REDOC_DIST": "SIDECAR",
}
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Recourse",
    "SITE_HEADER": "Recourse",
    "SHOW_HISTORY": False,
    "GLOBAL_CALLBACK": "dsr.admin.menu.context",
    "DASHBOARD_CALLBACK": "dsr.admin.desk.context",
}
