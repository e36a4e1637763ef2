"""How many SQL statements a create costs, as PostgreSQL confirms them one by one. Runs inside an installation."""

import io
import json
import os
import sys
import tempfile
from typing import Any

from psycopg.pq import Trace

from tests.bench.create import FILING

_AROUND = ("BEGIN", "COMMIT", "ROLLBACK", "SET", "SAVEPOINT", "RELEASE")


def of_a_create(token: str) -> int:
    """File twice in this process, the second time with the conversation with the server written down; count."""
    from dsr.wsgi import application

    _post(application, token, 1)
    with tempfile.TemporaryFile("w+") as trace:
        watched = _watch(trace.fileno())
        _post(application, token, 2)
        for connection in watched:
            connection.untrace()  # which writes out what is still in its buffer
        trace.seek(0)
        done = [line.split("CommandComplete")[1].split('"')[1] for line in trace if "CommandComplete" in line]
    if not done:
        raise RuntimeError("no statement of a create was seen")
    return sum(not tag.startswith(_AROUND) for tag in done)


def _watch(descriptor: int) -> list[Any]:
    """Have every connection of the pool write down its conversation. Returns them."""
    from django.db import connection

    connection.ensure_connection()
    pool: Any = connection.pool  # type: ignore[attr-defined]
    connection.close()
    held = [pool.getconn() for _ in range(pool.max_size)]
    for each in held:
        each.pgconn.trace(os.dup(descriptor))
        each.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
    for each in held:
        pool.putconn(each)
    return [each.pgconn for each in held]


def _post(application: Any, token: str, number: int) -> None:
    body = json.dumps(FILING).replace("{n}", str(number)).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/submissions",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_IDEMPOTENCY_KEY": f"statements-{number}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    told: list[str] = []
    b"".join(application(environ, lambda status, _headers: told.append(status)))
    if not told[0].startswith("201"):
        raise RuntimeError(f"filing was answered by {told[0]}")
