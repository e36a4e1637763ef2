"""What is particular to services: signatures both ways, nothing believed unproven, nowhere we were not sent."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsr.connectors import (
    BadConfig,
    Code,
    ConnectorError,
    FileChunk,
    FileStart,
    PermanentFailure,
    RefusalCode,
    Refused,
    TemporaryFailure,
    open_connector,
    signing,
)
from tests.unit.connectors import shop
from tests.unit.connectors.service import KEY_ID, SECRET, Service
from tests.unit.connectors.test_contract import CALLS, fresh

BY_ADA = {"email": [shop.ADA]}


def failure(service: Service, manner: str, verb: str = "collect", **more: Any) -> ConnectorError:
    """What comes of asking a service that misbehaves."""
    connector = open_connector("http", service.config(manner, **more))
    with pytest.raises(ConnectorError) as caught:
        CALLS[verb](connector, BY_ADA)
    return caught.value


@pytest.mark.parametrize("verb", ["locate", "collect"])
@pytest.mark.parametrize(
    ("manner", "kind", "code", "retry_after"),
    [
        ("unavailable", TemporaryFailure, Code.BUSY, 17.0),
        ("failing", TemporaryFailure, Code.SYSTEM_ERROR, None),
        ("limiting", TemporaryFailure, Code.BUSY, None),
        ("hanging-up", TemporaryFailure, Code.INTERRUPTED, None),
        ("forbidden", PermanentFailure, Code.PERMISSION_DENIED, None),
        ("missing", PermanentFailure, Code.NOT_FOUND, None),
        ("redirecting", PermanentFailure, Code.REDIRECT_REFUSED, None),
        ("zipping", PermanentFailure, Code.BAD_ANSWER, None),
        ("page", PermanentFailure, Code.BAD_ANSWER, None),
    ],
)
def test_tells_what_may_pass_from_what_will_not(
    shop_service: Service, verb: str, manner: str, kind: type, code: Code, retry_after: float | None
) -> None:
    found = failure(shop_service, manner, verb)

    assert type(found) is kind
    assert found.code == code
    assert getattr(found, "retry_after", None) == retry_after


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        ("forging", Code.BAD_SIGNATURE),
        ("replaying", Code.BAD_SIGNATURE),
        ("miscounting", Code.BAD_ANSWER),
        ("undeclared", Code.BAD_ANSWER),
        ("chunk-first", Code.BAD_ANSWER),
        ("bad-base64", Code.BAD_ANSWER),
        ("not-json", Code.BAD_ANSWER),
        ("a-list", Code.BAD_ANSWER),
        ("two-at-once", Code.BAD_ANSWER),
        ("infinite", Code.BAD_ANSWER),
        ("half-letter", Code.BAD_ANSWER),
        ("not-utf8", Code.BAD_ANSWER),
        ("deep", Code.BAD_ANSWER),
        ("talkative", Code.BAD_ANSWER),
        ("one-long-line", Code.TOO_LARGE),
        ("unfinished", Code.INTERRUPTED),
    ],
)
def test_believes_no_answer_that_breaks_the_protocol(shop_service: Service, manner: str, code: Code) -> None:
    found = failure(shop_service, manner)

    assert found.code == code


def test_believes_no_answer_without_a_signature(shop_service: Service) -> None:
    found = failure(shop_service, "unsigned", "locate")

    assert found.code == Code.BAD_SIGNATURE


@pytest.mark.parametrize("verb", ["locate", "collect"])
def test_passes_a_refusal_on(shop_service: Service, verb: str) -> None:
    found = failure(shop_service, "refusing", verb)

    assert isinstance(found, Refused)
    assert found.code == RefusalCode.LEGAL_HOLD


def test_does_not_pass_on_a_refusal_in_the_services_own_words(shop_service: Service) -> None:
    found = failure(shop_service, "refusing-in-own-words")

    assert isinstance(found, Refused)
    assert found.code == RefusalCode.OTHER
    assert "ada" not in str(found)


def test_comes_back_later_when_the_service_fails_on_the_way(shop_service: Service) -> None:
    known, odd = failure(shop_service, "breaking"), failure(shop_service, "breaking-oddly")

    assert isinstance(known, TemporaryFailure)
    assert isinstance(odd, TemporaryFailure)
    assert (known.retry_after, odd.retry_after) == (5.0, None)


def test_gives_up_on_one_who_drips(shop_service: Service) -> None:
    began = time.monotonic()

    body = failure(shop_service, "dripping", limits={"timeout_seconds": 0.6})
    head = failure(shop_service, "any-slow-head", "locate", limits={"timeout_seconds": 0.6})

    assert (body.code, head.code) == (Code.TIMED_OUT, Code.TIMED_OUT)
    assert time.monotonic() - began < 4


def test_collects_files(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config())

    pieces = list(connector.collect({"email": ["file@example.org"]}, key=fresh()))

    assert pieces == [
        FileStart("files", "../../näme\u202e.pdf", "application/pdf", "customer_content"),
        FileChunk(b"hello \x00 file"),
        FileChunk(b"hello \x00 file"),
    ]


def test_sends_only_identifiers_the_service_knows(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config(identifiers=["email"]))
    shop_service.requests.clear()

    connector.locate({**BY_ADA, "phone": ["+353209100001"], "shoe_size": ["39"]}, key="the-key")

    asked = shop_service.requests[-1]
    assert asked["body"] == {"identifiers": BY_ADA}
    assert asked["headers"]["Idempotency-Key"] == "the-key"
    assert "ada" not in json.dumps({**asked, "body": ""}).lower()


def test_says_when_a_key_was_used_for_something_else(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config())
    key = fresh()
    connector.locate(BY_ADA, key=key)

    with pytest.raises(PermanentFailure) as caught:
        connector.locate({"email": ["bob@example.org"]}, key=key)

    assert caught.value.code == Code.KEY_REUSED


def test_asks_for_the_dictionary_once_for_a_while(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config())
    connector.locate(BY_ADA, key=fresh())
    shop_service.requests.clear()

    connector.describe()
    connector.locate(BY_ADA, key=fresh())

    assert [asked["path"] for asked in shop_service.requests] == ["/good/locate"]


def test_describes_without_asking_when_the_dictionary_is_configured() -> None:
    dataset = {"name": "customers", "title": "Your account", "category": "contact_data"}
    config = {**Service(1).config(), "datasets": [dataset]}

    [described] = open_connector("http", config).describe()

    assert described.title == "Your account"


def test_checks_the_configured_dictionary_against_the_service(shop_service: Service) -> None:
    datasets = [
        {"name": "customers", "title": "Your account", "category": "contact_data"},
        {"name": "orders", "title": "Orders", "category": "purchase_payment_data"},
        {"name": "dreams", "title": "Dreams", "category": "contact_data"},
    ]

    problems = open_connector("http", shop_service.config(datasets=datasets)).check()

    assert [(problem.code, problem.where, problem.level) for problem in problems] == [
        ("missing_dataset", "dreams", "error"),
        ("unmapped_dataset", "files", "error"),
        ("unmapped_dataset", "items", "error"),
        ("dictionary_differs", "customers", "warning"),
    ]


# --- Where it may connect to -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "[::]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[2001:0:7f00:1::80ff:fffe]", "224.0.0.1", "255.255.255.255", "100.64.0.1", "198.18.0.1", "192.0.2.1",
    ],
)  # fmt: skip
def test_refuses_an_address_that_is_not_public(host: str) -> None:
    config = {**Service(0).config(), "url": f"http://{host}:9/", "allow_networks": []}

    with pytest.raises(PermanentFailure) as caught:
        open_connector("http", config).describe()

    assert caught.value.code == Code.ADDRESS_REFUSED


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "017700000001"])
def test_refuses_an_address_in_disguise(host: str) -> None:
    config = {**Service(0).config(), "url": f"http://{host}:9/", "allow_networks": []}

    with pytest.raises(ConnectorError) as caught:
        open_connector("http", config).describe()

    # Resolvers that do not know this way of writing say that there is no such name.
    assert caught.value.code in (Code.ADDRESS_REFUSED, Code.UNREACHABLE)


def test_allows_a_network_that_is_named_and_no_other(shop_service: Service) -> None:
    named = {**shop_service.config(), "allow_networks": ["127.0.0.1/32"]}
    other = {**shop_service.config(), "allow_networks": ["10.0.0.0/8"]}

    assert open_connector("http", named).locate(BY_ADA, key=fresh()).datasets == shop.ADA_COUNTS
    with pytest.raises(PermanentFailure) as caught:
        open_connector("http", other).describe()
    assert caught.value.code == Code.ADDRESS_REFUSED


def test_connects_by_name_and_keeps_the_name_in_the_host_header(shop_service: Service) -> None:
    config = shop_service.config()
    config["url"] = config["url"].replace("127.0.0.1", "localhost")
    config["allow_networks"] = ["127.0.0.0/8", "::1/128"]

    open_connector("http", config).locate(BY_ADA, key=fresh())

    assert shop_service.requests[-1]["headers"]["Host"] == f"localhost:{shop_service.port}"


def test_does_not_follow_the_environments_proxy(shop_service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    located = open_connector("http", shop_service.config()).locate(BY_ADA, key=fresh())

    assert located.datasets == shop.ADA_COUNTS


# --- TLS -------------------------------------------------------------------------------------------------------------


@contextmanager
def _tls_server(folder: Path, name: str) -> Iterator[tuple[int, Path, list[str]]]:
    """A server that shakes hands and hangs up; which names it was asked for."""
    certificate, key = _certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked: list[str] = []

    def note(_socket: ssl.SSLObject, server_name: str | None, _context: ssl.SSLContext) -> None:
        asked.append(str(server_name))

    context.sni_callback = note
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], certificate, asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def _over_tls(port: int, **more: Any) -> ConnectorError:
    networks = ["127.0.0.0/8", "::1/128"]
    config = {**Service(port).config(), "url": f"https://localhost:{port}/", "allow_networks": networks, **more}
    with pytest.raises(ConnectorError) as caught:
        open_connector("http", config).describe()
    return caught.value


def test_verifies_the_certificate_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    with _tls_server(tmp_path, "localhost") as (port, certificate, asked):
        trusted = _over_tls(port, ca_file=str(certificate))
        unknown = _over_tls(port)

    assert asked == ["localhost", "localhost"]
    assert (type(trusted), trusted.code) == (TemporaryFailure, Code.INTERRUPTED), "the handshake itself went well"
    assert (type(unknown), unknown.code) == (PermanentFailure, Code.TLS_FAILED)


def test_refuses_a_certificate_for_another_name(tmp_path: Path) -> None:
    with _tls_server(tmp_path, "elsewhere.example.org") as (port, certificate, _):
        found = _over_tls(port, ca_file=str(certificate))

    assert (type(found), found.code) == (PermanentFailure, Code.TLS_FAILED)


def test_names_a_file_of_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    found = _over_tls(9, ca_file=str(tmp_path / "none.pem"))

    assert isinstance(found, BadConfig)
    assert found.problems[0][0] == "ca_file"


# --- Configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://user:secret@example.org/"}, "url"),
        ({"url": "https://example.org/?a=1"}, "url"),
        ({"url": "https://example.org/#a"}, "url"),
        ({"url": "https://exa mple.org/"}, "url"),
        ({"url": "https://example.org:99999/"}, "url"),
        ({"url": "https://exämple.org/"}, "url"),
        ({"url": "http://127.0.0.1/", "allow_http": False}, "config"),
        ({"secret": "short"}, "secret"),
        ({"secret": None}, "secret"),
        ({"key_id": "with space"}, "key_id"),
        ({"key_id": "line\nfeed"}, "key_id"),
        ({"identifiers": []}, "identifiers"),
        ({"allow_networks": ["0.0.0.0/0"]}, "allow_networks"),
        ({"allow_networks": ["::/0"]}, "allow_networks"),
        ({"allow_networks": ["10.0.0.1/8"]}, "allow_networks"),
        ({"allow_networks": "10.0.0.0/8"}, "allow_networks"),
        ({"allow_http": 1}, "allow_http"),
        ({"limits": {"max_rows": 0}}, "limits.max_rows"),
        ({"limits": {"timeout_seconds": "5"}}, "limits.timeout_seconds"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_names_the_key_of_a_wrong_configuration(change: dict[str, Any], key: str) -> None:
    with pytest.raises(BadConfig) as caught:
        open_connector("http", {**Service(1).config(), **change})

    assert [name for name, _ in caught.value.problems] == [key]
    assert "secret@" not in str(caught.value)
    assert SECRET not in str(caught.value)


# --- Signatures ------------------------------------------------------------------------------------------------------


def signed(body: bytes = b"{}", at: int = 1_000_000, **changes: str) -> tuple[signing.Call, dict[str, str]]:
    """A call and its headers."""
    call = signing.Call(
        method="POST",
        path="/locate",
        key_id=KEY_ID,
        timestamp=str(at),
        nonce="n" * 24,
        idempotency_key="k1",
        body_digest=signing.digest(body),
    )
    return call, {**call.headers(SECRET), **changes}


def verified(headers: dict[str, str], *, body: bytes = b"{}", path: str = "/locate", now: int = 1_000_000) -> str:
    """What a service makes of it."""
    try:
        signing.verify({KEY_ID: SECRET}, "POST", path, headers, body, now, signing.Nonces())
    except signing.Rejected as rejected:
        return rejected.code
    return "good"


def test_accepts_a_signed_call() -> None:
    call, headers = signed()

    assert signing.verify({KEY_ID: SECRET}, "POST", "/locate", headers, b"{}", 1_000_000, signing.Nonces()) == call


def test_rejects_a_call_whose_parts_were_changed() -> None:
    _, headers = signed()

    assert verified(headers, body=b'{"a": 1}') == "signature"
    assert verified(headers, path="/collect") == "signature"
    assert verified({**headers, signing.IDEMPOTENCY_KEY: "k2"}) == "signature"
    assert verified({**headers, signing.NONCE: "m" * 24}) == "signature"
    assert verified({**headers, signing.TIMESTAMP: "1000001"}) == "signature"
    assert verified({**headers, signing.KEY_ID: "somebody"}) == "signature"
    assert verified({**headers, signing.SIGNATURE: "ü"}) == "signature"
    assert verified({**headers, signing.SIGNATURE: ""}) == "signature"


def test_rejects_a_call_that_lacks_a_part() -> None:
    _, headers = signed()

    for name in (signing.KEY_ID, signing.NONCE, signing.IDEMPOTENCY_KEY):
        assert verified({other: value for other, value in headers.items() if other != name}) == "incomplete"
    assert verified({**headers, signing.NONCE: "short"}) == "incomplete"


@pytest.mark.parametrize("now", [1_000_301, 999_699])
def test_rejects_a_call_from_another_time(now: int) -> None:
    _, headers = signed()

    assert verified(headers, now=now) == "clock"


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e6", "1000000.0", "9" * 20, "١٠٠٠٠٠٠"])
def test_rejects_a_time_that_is_none(stamp: str) -> None:
    _, headers = signed()

    assert verified({**headers, signing.TIMESTAMP: stamp}) == "clock"


def test_rejects_a_call_that_came_before() -> None:
    _, headers = signed()
    seen = signing.Nonces()
    signing.verify({KEY_ID: SECRET}, "POST", "/locate", headers, b"{}", 1_000_000, seen)

    with pytest.raises(signing.Rejected) as caught:
        signing.verify({KEY_ID: SECRET}, "POST", "/locate", headers, b"{}", 1_000_000, seen)

    assert caught.value.code == "replay"


def test_forgets_nonces_that_no_longer_matter() -> None:
    seen = signing.Nonces()
    for number in range(1_000):
        seen.first_use(KEY_ID, f"nonce-{number:020d}", 1_000_000 + number)

    assert len(seen._seen) <= 2 * signing.TOLERANCE_SECONDS + 2
    assert not seen.first_use(KEY_ID, f"nonce-{999:020d}", 1_001_000)


def test_signs_as_the_documentation_says() -> None:
    """The worked example of docs/reference/http-connector.md."""
    call, _ = signed(b'{"identifiers":{"email":["ada@example.org"]}}')

    text = Path("docs/reference/http-connector.md").read_text(encoding="utf-8")

    assert call.signature(SECRET) in text
    assert signing.response_signature(SECRET, KEY_ID, 200, call.nonce, signing.digest(b"{}")) in text
