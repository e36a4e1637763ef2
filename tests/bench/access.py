"""Access requests from filing to the built package: `access_1` and `access_100`, in seconds.

A person files by API, opens the mail that a worker sent, and presses the button on the page that the link leads to.
Everything else happens by itself: the search of the shop's five tables, the standing rule that approves, the package,
the ledger, the letters. Web server, two worker processes and the scheduler run as in service.
"""

import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from email import message_from_bytes
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import quote

import psycopg

from tests.bench import cpu, installation, shop
from tests.bench.client import run
from tests.bench.create import filing
from tests.bench.figures import Figure
from tests.bench.installation import Site

ENVIRONMENT = {"AUTO_APPROVE": "access"}
_WORKER = (
    "-m celery --quiet --app dsr.celery worker --pool threads --concurrency 2 --loglevel WARNING"
    " --without-gossip --without-mingle --without-heartbeat"
)
_LIMIT = 120.0
_AT_ONCE = 8
_KEY = re.compile(r"/verify/\?key=([\w-]+)")


def measure(site: Site, server: str) -> Iterator[Figure]:
    """Measure one request, then a hundred."""
    token = site.call("tests.bench.seed:token")
    with ExitStack() as stack:
        url = stack.enter_context(installation.database(server, "shop"))
        shop.fill(url)
        site.call("tests.bench.shop:register", url=url)
        port, web = stack.enter_context(site.served())
        hands = stack.enter_context(workers(site))
        people = _People(site, port, token)
        people.file(8)  # the first ones open connections and load what is loaded when it is needed
        one = min(people.file(1) for _ in range(5))
        parts = {
            "web": lambda: cpu.tree(web.pid),
            "workers": lambda: [pid for each in hands for pid in cpu.tree(each.pid)],
            "PostgreSQL": lambda: [*cpu.backends(site.database), *cpu.backends(url)],
        }
        before = {name: cpu.seconds(found()) for name, found in parts.items()}
        hundred = people.file(100)
        used = ", ".join(f"{name} {cpu.seconds(found()) - before[name]:.2f}" for name, found in parts.items())
        bare_one, bare_hundred = (site.call("tests.bench.access:bare", url=url, people=many) for many in (1, 100))
    what = "five SELECTs, JSON and CSV, ZIP, AES, written"
    yield Figure("access_1", one, "s", bare_one, what)
    notes = (f"{100 / hundred:.1f} per second; processor seconds: {used}",)
    yield Figure("access_100", hundred, "s", bare_hundred, what, notes)


@contextmanager
def workers(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], ...]]:
    """Run two worker processes; one of them is the scheduler as well."""
    with (
        site.running(*_WORKER.split(), "--beat", "--hostname", "one@bench") as one,
        site.running(*_WORKER.split(), "--hostname", "two@bench") as two,
    ):
        time.sleep(4)
        yield one, two


class _People:
    """Those who ask: they file, read their mail, confirm, and wait."""

    def __init__(self, site: Site, port: int, token: str) -> None:
        self._site, self._port, self._token = site, port, token
        self._mail = Path(site.env["EMAIL_URL"].removeprefix("filemail://"))
        self._read: set[str] = set()
        self._next = 0
        self._ready = 0

    def file(self, number: int) -> float:
        """File so many requests, see each of them through, and return how many seconds it took."""
        load = filing(self._port, self._token, connections=min(_AT_ONCE, number), count=number, first=self._next)
        self._next += number
        began = time.perf_counter()
        sender = threading.Thread(target=run, args=(load,))
        sender.start()
        self._confirm(number, began + _LIMIT)
        sender.join()
        self._ready += number
        self._wait(began + _LIMIT)
        return time.perf_counter() - began

    def _confirm(self, number: int, until: float) -> None:
        hands = min(_AT_ONCE, number)
        keys: SimpleQueue[str] = SimpleQueue()
        with ThreadPoolExecutor(hands) as pool:
            pressing = [pool.submit(self._press_all, keys) for _ in range(hands)]
            try:
                self._find_keys(number, keys, until)
            finally:
                for _ in range(hands):
                    keys.put("")
            for each in pressing:
                each.result()

    def _find_keys(self, number: int, keys: SimpleQueue[str], until: float) -> None:
        """Read mail as it comes and hand on what is in it."""
        found = 0
        while found < number:
            if time.perf_counter() > until:
                raise RuntimeError(f"{number - found} of {number} letters did not come")
            fresh = [path for path in self._mail.glob("*.eml") if path.name not in self._read]
            for path in fresh:
                self._read.add(path.name)
                if key := _key_in(path):
                    keys.put(key)
                    found += 1
            if not fresh:
                time.sleep(0.005)

    def _press_all(self, keys: SimpleQueue[str]) -> None:
        """Press one button after the other, as people do who do not know of each other."""
        with socket.create_connection(("127.0.0.1", self._port)) as line:
            while key := keys.get():
                self._press(line, key)

    def _press(self, line: socket.socket, key: str) -> None:
        body = f"key={quote(key)}".encode()
        head = (
            f"POST /verify/ HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        line.sendall(head.encode() + body)
        answer = line.recv(65_536)
        if not answer.startswith(b"HTTP/1.1 303"):
            raise RuntimeError(f"confirming was answered by {answer[:200]!r}")

    def _wait(self, until: float) -> None:
        with psycopg.connect(self._site.database, autocommit=True) as connection:
            while time.perf_counter() < until:
                row = connection.execute(
                    "SELECT count(*) FROM dsr_subjectrequest r JOIN dsr_package p ON p.request_id = r.id"
                    " WHERE r.state = 'ready'"
                ).fetchone()
                if row and row[0] >= self._ready:
                    return
                time.sleep(0.01)
        raise RuntimeError(f"{self._ready - (row[0] if row else 0)} packages were not built")


def _key_in(path: Path) -> str:
    """Return the key of a letter that asks to confirm, "" of any other."""
    # The standard policy's parser would take a tenth of the machine that is measured.
    plain = next(part for part in message_from_bytes(path.read_bytes()).walk() if not part.is_multipart())
    body = plain.get_payload(decode=True)
    assert isinstance(body, bytes)
    found = _KEY.search(body.decode())
    return found[1] if found else ""


def bare(url: str, people: int) -> float:
    """Do the least that hands over the same rows. Runs inside an installation."""
    import csv
    import io
    import os
    import tempfile
    import zipfile

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    with psycopg.connect(url, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for number in range(people):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for place, statement in enumerate(shop.READS):
                    cursor = connection.execute(statement, {"email": f"ada.{number:09}@example.org"})
                    names = [column.name for column in cursor.description or ()]
                    rows = cursor.fetchall()
                    archive.writestr(
                        f"{place}.json", json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str)
                    )
                    text = io.StringIO()
                    csv.writer(text).writerows([names, *rows])
                    archive.writestr(f"{place}.csv", text.getvalue())
            sealed = AESGCM(os.urandom(32)).encrypt(os.urandom(12), packed.getvalue(), None)
            Path(folder, str(number)).write_bytes(sealed)
        return time.perf_counter() - began
