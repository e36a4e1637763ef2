"""A client that costs little: keep-alive connections in one process, one request under way on each.

It shares the cores with what it measures, so it does the least that is honest: it sends requests whose only varying
part is a counter, reads each answer to its end, and looks at its status. Run as a program it takes one Load as JSON.
"""

import json
import re
import selectors
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from time import perf_counter, process_time

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = -1
"""Stands for the length of an answer that comes in chunks: the last one is empty."""
_NUMBER = "{n}"
"""In a path or body: a number of nine digits that no other request of this run has."""
_ITEM = "{item}"
"""In a path: the next of the items of the load, over and over."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send. Either for some `seconds` after a warm-up, or so many times (`count`, no warm-up)."""

    port: int
    method: str
    path: str
    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    connections: int = 1
    seconds: float = 0.0
    warm: float = 0.0
    count: int = 0
    first: int = 0
    keep: bool = False
    items: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `times` are seconds per answer, sorted; `answers` the bodies where they were to be kept.

    `sent` counts every request, those of the warm-up too.
    """

    sent: int
    seconds: float
    times: list[float]
    wrong: dict[str, int]
    cpu: float
    answers: list[str]

    @property
    def rate(self) -> float:
        """Right answers per second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time, in seconds, that this share of the answers kept within."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))]


def run(load: Load) -> Outcome:
    """Send a load from another process and return what came of it. Fails when an answer was not the right one."""
    command = [sys.executable, "-m", "tests.bench.client"]
    done = subprocess.run(command, input=json.dumps(asdict(load)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the client failed: {done.stderr[-2000:]}")
    outcome = Outcome(**json.loads(done.stdout))
    if outcome.wrong:
        raise RuntimeError(f"{load.method} {load.path}: not every answer was {load.status}: {outcome.wrong}")
    return outcome


class _Line:
    """One connection."""

    __slots__ = ("got", "need", "sent", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got, self.need, self.sent = bytearray(), 0, 0.0


class _Client:
    def __init__(self, load: Load) -> None:
        self._load, self._number = load, load.first
        self._head, self._parts = _template(load)
        self._items = [item.encode() for item in load.items]
        self._expected = f"HTTP/1.1 {load.status}".encode()
        self.times: list[float] = []
        self.wrong: dict[str, int] = {}
        self.answers: list[str] = []
        self.sent = 0

    def go(self) -> tuple[float, float]:
        """Run to the end; return the seconds that count, of the clock and of this process."""
        load = self._load
        with selectors.DefaultSelector() as selector:
            lines = [_Line(load.port) for _ in range(load.connections)]
            for line in lines:
                selector.register(line.socket, selectors.EVENT_READ, line)
            starts = perf_counter() + load.warm
            ends = starts + load.seconds if load.seconds else float("inf")
            began = perf_counter()
            cpu = process_time()
            warm = load.warm > 0
            waiting = sum(self._send(line) for line in lines)
            while waiting:
                for key, _events in selector.select():
                    now = perf_counter()
                    line = key.data
                    if not self._read(line, now):
                        continue
                    if warm and now >= starts:
                        warm, began, cpu = False, now, process_time()
                        self.times.clear()
                    waiting -= 1
                    if now < ends:
                        waiting += self._send(line)
            return perf_counter() - began, process_time() - cpu

    def _send(self, line: _Line) -> int:
        if self._load.count and self.sent >= self._load.count:
            return 0
        self.sent += 1
        number = b"%09d" % self._number
        self._number += 1
        line.got, line.need, line.sent = bytearray(), 0, perf_counter()
        data = number.join(self._parts)
        if self._items:
            data = data.replace(_ITEM.encode(), self._items[(self.sent - 1) % len(self._items)], 1)
        line.socket.sendall(data)
        return 1

    def _read(self, line: _Line, now: float) -> bool:
        """Take what has arrived; true once the answer is whole."""
        data = line.socket.recv(262_144)
        if not data:
            raise RuntimeError("the server closed a connection")
        line.got += data
        if not line.need:
            end = line.got.find(b"\r\n\r\n")
            if end < 0:
                return False
            length = _LENGTH.search(line.got, 0, end + 2)
            line.need = end + 4 + int(length[1]) if length else _CHUNKED
        if line.need == _CHUNKED:
            if not line.got.endswith(b"\r\n0\r\n\r\n"):
                return False
        elif len(line.got) < line.need:
            return False
        self._judge(line, now)
        return True

    def _judge(self, line: _Line, now: float) -> None:
        if line.got.startswith(self._expected):
            self.times.append(now - line.sent)
        else:
            status = line.got[9:12].decode()
            self.wrong[status] = self.wrong.get(status, 0) + 1
        if self._load.keep:
            self.answers.append(line.got.partition(b"\r\n\r\n")[2].decode())


def _template(load: Load) -> tuple[str, list[bytes]]:
    """Return the request as the bytes between its numbers."""
    body = load.body.encode()
    length = len(body) + body.count(_NUMBER.encode()) * (9 - len(_NUMBER))
    lines = [f"{load.method} {load.path} HTTP/1.1", f"Host: 127.0.0.1:{load.port}", "Connection: keep-alive"]
    if load.body:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in load.headers.items()]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head, (head.encode() + body).split(_NUMBER.encode())


def main() -> None:
    """Read a Load, send it, write the Outcome."""
    client = _Client(Load(**json.load(sys.stdin)))
    seconds, cpu = client.go()
    times = sorted(client.times)
    json.dump(asdict(Outcome(client.sent, seconds, times, client.wrong, cpu, client.answers)), sys.stdout)


if __name__ == "__main__":
    main()
