"""The product's own settings, with the keys and folders of one test run.

`DATABASE_URL` decides the database, as in production; without it the embedded default is tested.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "DATA_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="recourse-test-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ["DATA_DIR"] = _folder
if _worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Workers side by side have files and a cache of their own: one that empties its cache leaves the others theirs.
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / _worker)
    if os.environ.get("CACHE_URL", "").startswith("redis://"):
        _number = 10 + int(_worker.removeprefix("gw")) % 6
        os.environ["CACHE_URL"] = f"{os.environ['CACHE_URL'].rpartition('/')[0]}/{_number}"
for _name, _value in {
    "SECRET_KEY": "a-key-for-tests-only-" + "0123456789" * 4,
    "FIELD_KEYS": "k2:" + "AgIC" * 10 + "AgI=,k1:" + "AQEB" * 10 + "AQE=",
    "BASE_URL": "http://localhost:8000",
    "EMAIL_URL": "memorymail://",
    "SMS_URL": f"file://{os.environ['DATA_DIR']}/sms",
    "DATABASE_POOL_MIN": "0",
    "DATABASE_POOL_MAX": "24",
    "STAFF_MFA": "no",
    "DEMO": "no",
    "HEARTBEAT_MINUTES": "0",
    "LOG_LEVEL": "WARNING",
}.items():
    os.environ.setdefault(_name, _value)

from dsr.settings import *  # noqa: E402, F403
from dsr.settings import DATA_DIR, DATABASES, EMBEDDED, STORAGES  # noqa: E402

if EMBEDDED:
    # A file, not memory: write-ahead log, locks and threads then behave as they do for people.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
else:
    # Named after the process that started the run, so that runs side by side do not meet.
    _run = os.environ.setdefault("TEST_RUN", str(os.getpid()))
    DATABASES["default"]["TEST"] = {"NAME": f"recourse_test_{_run}"}
    # What a test commits need not outlive the server; programs that a test starts have the product's own settings.
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options["options"] = f"{_options.get('options', '')} -c synchronous_commit=off".strip()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hundreds of staff are made; none is real
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
