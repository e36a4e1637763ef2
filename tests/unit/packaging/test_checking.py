import base64
import json
import random
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from dsr.packaging import builder, checking, manifest
from dsr.packaging.checking import Verdict
from notifications.sealing import public_key
from tests.unit.packaging.samples import contents, systems, vault_in


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    with path.open("wb") as out:
        builder.build(contents(systems(vault_in(tmp_path))), out)
    return path


@pytest.fixture
def folder(package: Path, tmp_path: Path) -> Path:
    zipfile.ZipFile(package).extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def repacked(package: Path, **changes: bytes | None) -> Path:
    """The package packed anew; each change replaces a member, removes it, or adds one."""
    with zipfile.ZipFile(package) as archive:
        members: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(package, "w") as archive:
        for name, data in (members | changes).items():
            if data is not None:
                archive.writestr(name, data)
    return package


def codes(verdict: Verdict) -> set[tuple[str, str]]:
    return {(fault.code, fault.where) for fault in verdict.faults}


def test_package_folder_and_manifest_are_good_as_they_were_made(package: Path, folder: Path) -> None:
    for path, kind, members in (
        (package, "package", 16),
        (folder, "folder", 16),
        (folder / "manifest.json", "manifest", 0),
    ):
        verdict = checking.verify(path)

        assert verdict == Verdict(kind, (), "7K3MX-9TCRA", "k2", members)
        assert verdict.ok


def test_changed_missing_and_extra_members_are_named(folder: Path) -> None:
    (folder / "data/accounts/orders.csv").write_bytes(b"1")
    (folder / "files/support/bill.pdf").unlink()
    (folder / "files/support/new.pdf").write_bytes(b"1")

    assert codes(checking.verify(folder)) == {
        ("changed", "data/accounts/orders.csv"),
        ("missing", "files/support/bill.pdf"),
        ("extra", "files/support/new.pdf"),
    }


def test_member_of_the_same_size_is_compared_by_digest(folder: Path) -> None:
    path = folder / "data/accounts/orders.json"
    path.write_bytes(path.read_bytes().replace(b"10.90", b"10.80"))

    assert codes(checking.verify(folder)) == {("changed", "data/accounts/orders.json")}


def test_repacked_package_tells_what_was_changed(package: Path) -> None:
    repacked(package, **{"searched.txt": b"Nothing.", "files/index.json": None, "virus.exe": b"MZ"})

    assert codes(checking.verify(package)) == {
        ("changed", "searched.txt"),
        ("missing", "files/index.json"),
        ("extra", "virus.exe"),
        ("layout", ""),
    }


def test_list_that_was_made_to_fit_has_a_bad_signature(package: Path) -> None:
    document = json.loads(zipfile.ZipFile(package).read("manifest.json"))
    document["reference"] = "AAAAA-AAAAA"

    repacked(package, **{"manifest.json": json.dumps(document).encode()})

    assert ("bad_signature", "manifest.json") in codes(checking.verify(package))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key_id": "k9"}, "unknown_key"),
        ({"key_id": "k1"}, "bad_signature"),
        ({"key_id": 5}, "unknown_key"),
        ({"value": base64.b64encode(bytes(64)).decode()}, "bad_signature"),
        ({"value": "not base64!"}, "bad_signature"),
        ({"value": None}, "bad_signature"),
        ({"algorithm": "none"}, "bad_signature"),
    ],
)
def test_signature_that_does_not_fit_is_told(folder: Path, change: dict[str, Any], code: str) -> None:
    path = folder / "manifest.sig"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    assert codes(checking.verify(folder)) == {(code, "manifest.json")}


def test_public_key_inside_the_package_is_not_trusted(folder: Path) -> None:
    stranger = Ed25519PrivateKey.generate()
    document = json.loads((folder / "manifest.json").read_text()) | {"reference": "AAAAA-AAAAA"}
    data = json.dumps(document).encode()
    (folder / "manifest.json").write_bytes(data)
    forged = {
        "algorithm": "Ed25519",
        "key_id": "k2",
        "public_key": base64.b64encode(stranger.public_key().public_bytes_raw()).decode(),
        "value": base64.b64encode(stranger.sign(data)).decode(),
    }
    (folder / "manifest.sig").write_text(json.dumps(forged))

    assert codes(checking.verify(folder)) == {("bad_signature", "manifest.json")}


def test_given_key_is_trusted_instead_of_our_own(package: Path, settings: Any) -> None:
    key = public_key("k2")
    settings.FIELD_KEYS = "k7:" + base64.b64encode(bytes([7]) * 32).decode()

    assert codes(checking.verify(package)) == {("unknown_key", "manifest.json")}
    assert checking.verify(package, key=key).ok


def members_of(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def test_any_flipped_bit_that_changes_anything_is_noticed(package: Path) -> None:
    whole, members = package.read_bytes(), members_of(package)
    chance = random.Random(20260305)
    spots = {0, 4, 10, 26, len(whole) - 1, len(whole) - 22} | {chance.randrange(len(whole)) for _ in range(400)}
    noticed = 0

    for spot in sorted(spots):
        package.write_bytes(whole[:spot] + bytes([whole[spot] ^ (1 << chance.randrange(8))]) + whole[spot + 1 :])
        # Deflate can say the same in several ways; a flip that leads from one to the other changes nothing.
        if checking.verify(package).ok:
            assert members_of(package) == members
        else:
            noticed += 1

    assert noticed > 0.95 * len(spots)


def test_truncated_package_is_refused_at_any_length(package: Path) -> None:
    whole = package.read_bytes()

    for length in [*range(0, len(whole), 997), len(whole) - 1]:
        package.write_bytes(whole[:length])
        assert not checking.verify(package).ok


@pytest.mark.parametrize("where", ["before", "between", "behind"])
def test_hidden_bytes_are_noticed(package: Path, where: str) -> None:
    whole = package.read_bytes()
    start = zipfile.ZipFile(package).start_dir
    spoilt = {"before": b"#!x\n" + whole, "between": whole[:start] + b"xx" + whole[start:], "behind": whole + b"xx"}[
        where
    ]
    package.write_bytes(spoilt)

    assert not checking.verify(package).ok


def test_member_that_is_there_twice_is_noticed(package: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(package, "a") as archive:
        archive.writestr("searched.txt", "another")

    assert ("extra", "searched.txt") in codes(checking.verify(package))


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("manifest.json", None, "missing"),
        ("manifest.sig", None, "missing"),
        ("manifest.json", b"{", "unreadable"),
        ("manifest.json", b"[]", "unreadable"),
        ("manifest.json", b"[" * 100_000, "unreadable"),
        ("manifest.json", b'{"format": "other"}', "unknown_format"),
        ("manifest.json", b'{"format": "recourse-package", "version": 1, "members": [5]}', "unreadable"),
        ("manifest.json", b'{"format": "recourse-package", "version": 1, "version": 1}', "unreadable"),
        ("manifest.sig", b"\xff\xfe", "unreadable"),
    ],
)
def test_list_that_cannot_be_used_is_told(package: Path, name: str, data: bytes | None, code: str) -> None:
    repacked(package, **{name: data})

    verdict = checking.verify(package)

    assert [(fault.code, fault.where) for fault in verdict.faults] == [(code, name)]


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"PK\x03\x04" + bytes(100), b"%PDF-1.7", b"\0" * 100, b"{}", b'{"a":1.5}']
)
def test_anything_else_is_refused_without_a_crash(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "thing").write_bytes(data)

    assert not checking.verify(tmp_path / "thing").ok


def saved(tmp_path: Path, receipt: dict[str, Any]) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt, indent=3, ensure_ascii=True), encoding="utf-8")
    return path


PAYLOAD = {"kind": "receipt", "reference": "7K3MX-9TCRA", "rights": ["access"], "n": 3, "name": "Zoë €😀", "none": None}


def test_receipt_is_good_however_it_is_laid_out(tmp_path: Path) -> None:
    receipt = manifest.receipt(PAYLOAD)

    verdict = checking.verify(saved(tmp_path, dict(reversed(receipt.items()))))

    assert verdict == Verdict("receipt", (), "7K3MX-9TCRA", "k2", 0)


@pytest.mark.parametrize("change", [{"n": 4}, {"rights": []}, {"more": 1}, {"name": "Zoe €😀"}, {"n": "3"}, {"n": 3.0}])
def test_receipt_that_was_changed_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    receipt = manifest.receipt(PAYLOAD) | change

    assert not checking.verify(saved(tmp_path, receipt)).ok


def test_receipt_without_its_signature_is_refused(tmp_path: Path) -> None:
    assert codes(checking.verify(saved(tmp_path, PAYLOAD))) == {("bad_signature", "")}


@pytest.mark.parametrize("value", [1.5, b"x", {1: 2}, 1 << 54, object()])
def test_receipt_takes_only_what_has_one_form(value: object) -> None:
    with pytest.raises(ValueError, match="canonical"):
        manifest.receipt({"value": value})


def test_canonical_form_is_that_of_rfc_8785() -> None:
    value = {
        "\u20ac": "Euro",
        "\r": "CR",
        "\ufb33": "Dalet",
        "1": "One",
        "\U0001f600": "Smiley",
        "\u0080": "C",
        "ö": "O",
    }

    keys = list(json.loads(manifest.canonical(value)))

    assert keys == ["\r", "1", "\u0080", "ö", "\u20ac", "\U0001f600", "\ufb33"]
    assert (
        manifest.canonical({"b": [True, None, -7], "a": "é\u2028\x01"})
        == '{"a":"é\u2028\\u0001","b":[true,null,-7]}'.encode()
    )


def test_signature_can_be_checked_with_openssl(folder: Path, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not here")
    signature = json.loads((folder / "manifest.sig").read_text())
    (tmp_path / "sig").write_bytes(base64.b64decode(signature["value"]))
    (tmp_path / "key").write_bytes(
        bytes.fromhex("302a300506032b6570032100") + base64.b64decode(signature["public_key"])
    )

    command = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin", "-sigfile", "sig"]
    command += ["-in", str(folder / "manifest.json")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_command_says_what_was_checked(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_receipt", str(package))

    said = capsys.readouterr().out
    assert said == "The package 7K3MX-9TCRA is as it was signed with key k2, 16 files compared.\n"


def test_command_fails_and_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "evil\x1b[2J\n.txt").write_bytes(b"")

    with pytest.raises(CommandError):
        call_command("verify_receipt", str(folder))

    said = capsys.readouterr().out
    assert "evil⟨U+001B⟩[2J⏎.txt: This file is not in the list: we did not put it there. [extra]" in said


def test_command_speaks_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "searched.txt").unlink()

    with pytest.raises(CommandError):
        call_command("verify_receipt", str(folder), "--json")

    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert said["faults"][0]["code"] == "missing"


@pytest.mark.parametrize("key", ["", "AAAA", "not base64"])
def test_command_refuses_what_is_no_key(package: Path, key: str) -> None:
    with pytest.raises(CommandError, match="32 bytes"):
        call_command("verify_receipt", str(package), "--public-key", key)


def test_command_trusts_a_given_key(package: Path) -> None:
    call_command("verify_receipt", str(package), "--public-key", base64.b64encode(public_key("k2")).decode())

    with pytest.raises(CommandError):
        call_command("verify_receipt", str(package), "--public-key", base64.b64encode(public_key("k1")).decode())


def test_command_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_receipt", str(tmp_path / "gone"))
