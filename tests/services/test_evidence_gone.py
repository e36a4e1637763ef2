"""After its day no byte of a document is anywhere: not in the database, its backups, the vault, or on the way there.

The documents hold marks: pixels that spell one out, and words on a page. The same hunt finds them before.
"""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from dsr.api import throttles
from dsr.errors import WrongState
from dsr.models import Deadline, DeadlineKind, Scope, Submission
from dsr.policies import Caller
from dsr.services import evidence, history, storage
from notifications.models import DataKey
from tests import builders, papers
from tests.drain import drain
from tests.hunt import Hunt, cells, dump
from tests.interfaces.api.client import V1, token
from tests.interfaces.test_uploading import written
from verification.models import Evidence, Purpose, Why

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
PIXELS = b"pixels-that-spell-zaunkoenig-out!"
"""As long as eleven points of red, green and blue."""
WORDS = b"words-on-a-page-of-rotkehlchen"


def portrait() -> bytes:
    """A picture of which every line spells the mark; noise makes it as large as a photo."""
    picture = Image.effect_noise((1400, 900), 90).convert("RGB")
    picture.paste(Image.frombytes("RGB", (11, 1), PIXELS).resize((11, 40), Image.Resampling.NEAREST), (100, 100))
    return papers.encoded(picture, "PNG")


def letter() -> bytes:
    """A PDF file on whose page the mark is written."""
    return papers.bound(papers.pdf(WORDS.decode()))


@pytest.fixture
def submission(systems: Any) -> Submission:
    throttles.forget()
    found = builders.file(at=timezone.now(), country="US", region="CA").submission
    drain(timezone.now())
    return found


@pytest.fixture
def hunt(tmp_path: Path, settings: Any) -> Hunt:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return Hunt(tmp_path / "vault", (PIXELS, WORDS, b"evidence/"))


def hand_in(submission: Submission) -> list[Evidence]:
    """Hand both documents in, one as programs do and one as pages do, and look at them as a colleague does."""
    bearer = token(builders.staff("sam"), Scope.AGENT)
    fields = {"purpose": "identity", "file": SimpleUploadedFile("passport.png", portrait())}
    where = f"{V1}/requests/{builders.only(submission).pk}/evidence"
    headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": "once"}
    answer = Client().post(where, fields, headers=headers)
    assert answer.status_code == 201, answer.content
    at = timezone.now()
    wanted = [Purpose.DECLARATION]
    evidence.receive(submission.pk, Purpose.DECLARATION, letter(), by=Caller.person(), at=at, wanted=wanted)
    pieces = list(Evidence.objects.order_by("received_at"))
    vera = Caller.of_user(builders.staff("vera", "check_identity"), "admin")
    for piece in pieces:
        assert evidence.look(piece.pk, Why.CHECK, by=vera, at=at)[1]
    return pieces


def test_hunt_finds_what_is_there(submission: Submission, hunt: Hunt) -> None:
    """Otherwise the test below would prove little."""
    hand_in(submission)
    (hunt.folder.parent / "uploads" / "left.upload").write_bytes(portrait())

    found = hunt.finds()

    assert found["vault, opened with a key that is left"] == {PIXELS, WORDS}
    for place in ("name in the vault", "dump", "cell verification_evidence.vault_name", "name of a file"):
        assert found[place] >= {b"evidence/"}, place
    assert found["temporary file left.upload"] == {PIXELS}
    # Sealed, so that the bytes themselves lie nowhere.
    assert "file" not in found


def test_large_upload_is_written_nowhere_but_sealed_into_the_vault(
    submission: Submission, hunt: Hunt, settings: Any
) -> None:
    assert len(portrait()) > 2_621_440  # what Django would keep in memory by itself

    with written() as names:
        hand_in(submission)

    sealed = [name for name in names if name.startswith(str(hunt.folder / "incoming"))]
    assert len(sealed) == 2
    counters = (str(Path(settings.DATA_DIR) / "cache"), os.devnull)
    assert [name for name in names if name not in sealed and not name.startswith(counters)] == []
    assert "file of the service" not in hunt.finds()


def test_after_its_day_not_a_byte_is_left_anywhere(submission: Submission, hunt: Hunt) -> None:
    pieces = hand_in(submission)
    names = [piece.vault_name.encode() for piece in pieces]
    hunt.marks = (*hunt.marks, *names, *(bytes(piece.data_key.wrapped or b"") for piece in pieces))
    assert hunt.finds()
    due = Deadline.objects.get(kind=DeadlineKind.EVIDENCE).due_at

    drain(max(due, *(piece.destroy_at for piece in pieces if piece.destroy_at)))

    assert hunt.finds() == {}
    assert list(storage.vault().list_prefix("evidence/")) == []
    assert not (hunt.folder / "objects" / "evidence").exists()
    for row in Evidence.objects.select_related("data_key"):
        assert row.destroyed_at is not None
        assert (row.vault_name, row.media_type, row.size, row.data_key.wrapped) == ("", "", None, None)
    assert history.verify().whole


def test_check_that_is_made_takes_the_document_with_it(submission: Submission, hunt: Hunt) -> None:
    hand_in(submission)

    evidence.destroy(submission.pk, at=timezone.now())

    assert hunt.finds() == {}


def test_old_copy_of_the_vault_opens_for_nobody(
    submission: Submission, hunt: Hunt, tmp_path: Path, settings: Any
) -> None:
    """Somebody copies the files, and later has them beside the database as it is then, with every master key."""
    hand_in(submission)
    shutil.copytree(hunt.folder, tmp_path / "copy")
    evidence.destroy(submission.pk, at=timezone.now())
    settings.STORAGE_URL = f"file://{tmp_path}/copy"

    found = Hunt(tmp_path / "copy", (PIXELS, WORDS)).finds()

    assert len(list(storage.vault().list_prefix("evidence/"))) == 2
    assert DataKey.objects.filter(wrapped__isnull=False).exists()
    assert found == {}


def test_stop_between_key_and_bytes_leaves_nothing_that_can_be_read(
    submission: Submission, hunt: Hunt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any) -> bool:
        raise OSError("the disk is away")

    hand_in(submission)
    hunt.marks = (PIXELS, WORDS)
    monkeypatch.setattr(evidence.VaultKeeper, "delete", away)
    with pytest.raises(OSError, match="away"):
        evidence.destroy(submission.pk, at=timezone.now())

    assert len(list(storage.vault().list_prefix("evidence/"))) == 2
    assert hunt.finds() == {}

    monkeypatch.undo()
    drain(timezone.now() + timedelta(minutes=1))

    assert list(storage.vault().list_prefix("evidence/")) == []


def test_hunt_looks_at_every_table(submission: Submission) -> None:
    hand_in(submission)

    tables = {table for table, _column, _value in cells()}

    assert {
        "dsr_event",
        "dsr_deadline",
        "dsr_idempotentanswer",
        "verification_evidence",
        "verification_opening",
    } <= tables
    assert any(b"identity" in line for line in dump())


def test_after_a_restore_without_the_documents_nobody_is_stuck(submission: Submission, hunt: Hunt) -> None:
    """Backups leave ``evidence/`` out, so rows come back alone."""
    piece = hand_in(submission)[0]
    shutil.rmtree(hunt.folder / "objects" / "evidence")
    vera = Caller.of_user(builders.staff("vera"), "admin")

    with pytest.raises(WrongState) as refused:
        evidence.look(piece.pk, Why.CHECK, by=vera, at=timezone.now())
    assert refused.value.code == "evidence-gone"

    assert evidence.destroy(submission.pk, at=timezone.now()) == 2
    assert not Evidence.objects.filter(destroyed_at=None).exists()
