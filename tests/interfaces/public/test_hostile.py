"""Whatever is sent to a public address, a page comes back: no fault, no trace of whether somebody exists."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dsr.public import throttle
from tests import builders

pytestmark = pytest.mark.django_db
SOME = UUID(int=7)
PLACES = [
    "/",
    "/help/",
    "/accessibility/",
    "/requests/new/",
    "/requests/new/sent/",
    "/preferences/advertising/",
    "/preferences/advertising/done/",
    "/preferences/sensitive/",
    "/preferences/third-parties/",
    "/preferences/cpni/",
    "/preferences/cpni/done/",
    "/preferences/cpni/receipt/",
    "/requests/track/",
    "/verify/",
    "/verify/code/",
    "/verify/again/",
    "/verify/address/",
    "/verify/login/",
    "/verify/choose/",
    "/verify/help/",
    "/verify/ring/",
    "/verify/without/",
    "/verify/facts/",
    "/verify/text/",
    "/verify/text/code/",
    "/verify/document/",
    "/verify/alert/",
    "/verify/login/",
    "/verify/login/back/",
    "/agents/",
    "/agents/new/",
    "/agents/paper/",
    "/agents/confirm/",
    "/agents/withdraw/",
    "/downloads/",
    "/downloads/ready/",
    "/downloads/file/",
    "/worksheets/",
    "/worksheets/files/",
    "/worksheets/files/remove/",
    "/worksheets/proof/",
    "/worksheets/proof/remove/",
    "/requests/7K3MX-9TCRA/",
    "/requests/7K3MX-9TCRA/reply/",
    "/requests/7K3MX-9TCRA/confirm/",
    "/requests/7K3MX-9TCRA/reopen/",
    f"/requests/7K3MX-9TCRA/{SOME}/withdraw/",
    f"/requests/7K3MX-9TCRA/{SOME}/download/",
    f"/requests/7K3MX-9TCRA/{SOME}/statement/",
    f"/requests/7K3MX-9TCRA/{SOME}/again/",
    f"/requests/7K3MX-9TCRA/{SOME}/erasure/",
    f"/requests/7K3MX-9TCRA/{SOME}/take-up/",
    f"/requests/7K3MX-9TCRA/{SOME}/disagree/1/",
    f"/requests/7K3MX-9TCRA/{SOME}/documents/",
    f"/requests/7K3MX-9TCRA/{SOME}/certificate/1/",
    f"/requests/7K3MX-9TCRA/{SOME}/certificate/1/file/",
]
FORM = "application/x-www-form-urlencoded"
BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", FORM),
    "json": (b'{"email": ["ada"]}', "application/json"),
    "wrong types": (b"rights=&rights=1&go=&step=&nonce=&email=&email=x&country[]=IE&relationship[a]=b", FORM),
    "not utf-8": (b"key=%ff%fe&ticket=%80&email=%c3%28&reference=%f0%28%8c%bc&go=%00&step=%ff", FORM),
    "nul and bidi": (b"key=%00&ticket=%E2%80%AE&email=a%00@b.c&reference=%00&go=send%00&step=%00&text=%00", FORM),
    "many fields": (b"&".join(b"a%d=1" % number for number in range(2000)), FORM),
    "long": (b"key=" + b"x" * 200_000 + b"&ticket=" + b"A" * 200_000 + b"&email=" + b"y" * 200_000, FORM),
    "broken multipart": (b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=x"),
    "no boundary": (b"--x--", "multipart/form-data"),
    "other charset": ("key=ü&email=ü@ü.de".encode("utf-16"), f"{FORM}; charset=utf-16"),
    "formula": (b"name=%3DHYPERLINK(1)&email=%2Bada@example.org&go=send&step=check&reference=%3D1%2B1", FORM),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("place", PLACES)
def test_no_body_makes_a_fault(place: str, body: str) -> None:
    data, content_type = BODIES[body]

    response: Any = Client().generic("POST", place, data, content_type=content_type)

    assert response.status_code in (200, 303, 400, 404, 405, 413, 422)  # 303: a form took it, and leads on
    assert response["Content-Type"].startswith("text/html")
    assert not response.cookies


@pytest.mark.parametrize("place", PLACES)
def test_large_file_is_refused_before_it_is_read_where_nobody_is_known(
    place: str, tmp_path: Path, settings: Any
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1
    upload = SimpleUploadedFile("x.bin", b"0" * 200_000)

    response: Any = Client().post(place, {"key": "x" * 43, "file": upload})

    assert response.status_code in (404, 405, 413)
    assert not [*tmp_path.iterdir()]


QUERIES = ["key=%ff", "key=%00", "key=" + "x" * 9000, "ticket=%F0%9F", "right=%00&right=zz", "&&=", "done=%00"]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
@pytest.mark.parametrize("place", PLACES)
def test_no_query_makes_a_fault(place: str, query: str) -> None:
    response: Any = Client().get(f"{place}?{query}")

    assert response.status_code in (200, 404, 405)


@pytest.mark.parametrize("place", [place for place in PLACES if place.startswith("/requests/7K")])
def test_a_real_reference_answers_like_an_invented_one(place: str, clock: Any) -> None:
    real = builders.file(at=clock()).submission.reference
    client = Client()
    for method in (client.get, client.post):
        invented: Any = method(place, {"key": "x" * 43})
        existing: Any = method(place.replace("7K3MX-9TCRA", real), {"key": "x" * 43})

        assert (existing.status_code, existing.content) == (invented.status_code, invented.content)


def test_the_cache_learns_nothing_about_anybody(rf: Any, clock: Any, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "nobody-else-has-been-here"}
    }

    throttle.spend(rf.get("/", REMOTE_ADDR="203.0.113.77"), throttle.FILING, clock())
    with throttle.once("post:the-request", "the-nonce"):
        pass

    kept: Any = caches["default"]
    assert len(kept._cache) == 2
    assert not [key for key in kept._cache if "203.0" in key or "the-" in key]


@pytest.mark.parametrize(
    ("proxies", "told", "expected"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "9.9.9.9, 198.51.100.1", "198.51.100.1"),
        (2, "9.9.9.9, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "198.51.100.1"),
        (1, "", "127.0.0.1"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
        (1, "unknown", "unknown"),
    ],
)
def test_network_address_is_believed_of_trusted_proxies_only(
    rf: Any, settings: Any, proxies: int, told: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    assert throttle.network_address(rf.get("/", headers={"X-Forwarded-For": told})) == expected
