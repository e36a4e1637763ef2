"""How the resources of a person are found at Twilio: list by list, page by page, each resource once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dsr.connectors.base import Code, PermanentFailure
from dsr.connectors.changes import Handles
from dsr.connectors.rest import Reply, Session
from dsr.connectors.twilio_wire import KINDS, Kind, Page, Resource, TwilioConfig

AUDIO = "audio/mpeg"
_PATHS: Mapping[str, str] = {"messages": "Messages", "calls": "Calls", "recordings": "Recordings"}


@dataclass(frozen=True, slots=True)
class Step:
    """One list to go through, or one resource that is known already."""

    kind: Kind
    path: str
    end: str = ""
    """`To` or `From`; "" of a single resource."""
    address: str = ""
    sid: str = ""
    page_size: int = 50

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """What is asked for. The API finds by number in no other way than in the query of an address."""
        return (self.end, self.address), ("PageSize", str(self.page_size))


def steps_for(config: TwilioConfig, numbers: Sequence[str]) -> tuple[Step, ...]:
    """Return the lists in which the messages and calls of these numbers are."""
    found = []
    for kind in KINDS:
        if kind == "recordings" or kind not in config.categories:
            continue
        prefixes = ("", "whatsapp:") if kind == "messages" and config.whatsapp else ("",)
        found += [
            Step(kind, path_of(config, kind), end, prefix + number, page_size=config.page_size)
            for number in numbers
            for prefix in prefixes
            for end in ("To", "From")
        ]
    return tuple(found)


def steps_to(config: TwilioConfig, handles: Handles) -> tuple[Step, ...]:
    """Return the resources that the handles name, recordings before the calls that lead to them."""
    order: tuple[Kind, ...] = ("recordings", "messages", "calls")
    return tuple(
        Step(kind, path_of(config, kind, sid), sid=sid)
        for kind in order
        if kind in config.categories
        for sid in handles.get(kind, ())
    )


def path_of(config: TwilioConfig, kind: str, sid: str = "") -> str:
    """Return where a list is, or a resource."""
    return f"{config.root}/{_PATHS[kind]}{'/' if sid else ''}{sid}.json"


class Walk:
    """One way through the steps over one connection, which counts what it asks."""

    def __init__(self, config: TwilioConfig, session: Session, steps: Sequence[Step]) -> None:
        self._config = config
        self._session = session
        self.steps = steps
        self.asked = 0
        self._bytes = 0

    def resources(self, kind: Kind) -> Iterator[Resource]:
        """Yield each resource of a kind."""
        number = 0
        for at, step in enumerate(self.steps):
            page = "" if step.kind == kind else None
            while page is not None:
                found, page = self.page(at, page)
                for each in found:
                    number += 1
                    if number > self._config.limits.max_rows:
                        raise PermanentFailure(Code.TOO_MANY_ROWS)
                    yield each

    def page(self, at: int, page: str) -> tuple[list[Resource], str | None]:
        """Return what is on a page of a step ("" for the first) and in none before, and which page comes next."""
        step = self.steps[at]
        if step.sid:
            reply = self.ask("GET", step.path, seen=(404,))
            return ([] if reply.status == 404 else [reply.parse(Resource)]), None
        found, following = self._list(step.kind, step.path, step.query, page)
        before = [earlier for earlier in self.steps[:at] if earlier.kind == step.kind]
        return [each for each in found if not any(_matches(earlier, each) for earlier in before)], following

    def recordings(self, call: Resource) -> list[Resource]:
        """Return the recordings of a call."""
        found: list[Resource] = []
        if "recordings" not in self._config.categories:
            return found
        query = ("CallSid", call.sid), ("PageSize", str(self._config.page_size))
        page: str | None = ""
        while page is not None:
            some, page = self._list("recordings", path_of(self._config, "recordings"), query, page)
            found += some
        return found

    def audio(self, recording: Resource) -> Iterator[bytes]:
        """Yield the sound of a recording (MP3); nothing where none was kept."""
        path = path_of(self._config, "recordings", recording.sid).removesuffix("json") + "mp3"
        with self._session.file(path, AUDIO) as chunks:
            for chunk in chunks or ():
                self._weigh(chunk)
                yield chunk

    def ask(self, method: str, path: str, query: Sequence[tuple[str, str]] = (), seen: Sequence[int] = ()) -> Reply:
        """Make one call."""
        self.asked += 1
        reply = self._session.call(method, path, query=query, seen=seen)
        self._weigh(reply.body)
        return reply

    def _weigh(self, contents: bytes) -> None:
        self._bytes += len(contents)
        if self._bytes > self._config.limits.max_bytes:
            raise PermanentFailure(Code.TOO_LARGE)

    def _list(
        self, kind: Kind, path: str, query: Sequence[tuple[str, str]], page: str
    ) -> tuple[list[Resource], str | None]:
        reply = self.ask("GET", page) if page else self.ask("GET", path, query)
        answer = reply.parse(Page)
        found = getattr(answer, kind)
        following = answer.next_page_uri or None
        # The next page is asked for with our secret: it must be of the list that we are in.
        if found is None or (following is not None and not following.startswith(f"{path}?")) or following == page:
            raise PermanentFailure(Code.BAD_ANSWER)
        return list(found), following


def _matches(step: Step, found: Resource) -> bool:
    return found.sid == step.sid if step.sid else step.address == (found.to if step.end == "To" else found.from_)
