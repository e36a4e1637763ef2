"""Settings of the console. Nothing here is the product's; `python -m dsr.demo.console` fills in what differs."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dsr.demo.console import HOST, issuer
from dsr.demo.places import Places, default_data_dir

PORT = int(os.environ["CONSOLE_PORT"])
PLACES = Places(default_data_dir(os.environ))
SECRET_KEY = secrets.token_urlsafe(50)
"""Made at each start, like the key below: whoever was signed in signs in again."""

ALLOWED_HOSTS = [HOST]
ROOT_URLCONF = "dsr.demo.console.urls"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(PLACES.console), "OPTIONS": {"timeout": 20}}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
# The passwords are printed for everybody; what matters is that more than a thousand of them are made at once.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
LOGIN_URL = "/sign-in/"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "console_session", "console_csrf"
CSRF_COOKIE_HTTPONLY = True
USE_TZ = True
TIME_ZONE = "UTC"
DEBUG = False
LOGGING_CONFIG = None

_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": issuer(PORT),
    "OIDC_RSA_PRIVATE_KEY": _key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    "OAUTH2_VALIDATOR_CLASS": "dsr.demo.console.validator.Validator",
    "SCOPES": {"openid": "who you are", "email": "your mail address"},
    "PKCE_REQUIRED": True,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 300,
    "ID_TOKEN_EXPIRE_SECONDS": 300,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
    "ALLOW_LOCALHOST_LOOPBACK": True,  # any port of this machine (RFC 8252, section 7.3)
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
    # What the next release of the toolkit makes the rule (RFC 9700).
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}
