"""Settings are read with their type, and a wrong one is explained without giving a secret away."""

import base64
from pathlib import Path
from threading import Thread

import pytest

from dsr.environment import Environment, SettingError, kept, new_keyring


def test_text_takes_the_default_when_unset() -> None:
    env = Environment({})

    assert env.text("COLOUR", "blue", help="A colour.") == "blue"


def test_text_names_the_choices_when_it_is_none_of_them() -> None:
    env = Environment({"COLOUR": "mauve"})

    with pytest.raises(SettingError, match=r"COLOUR: saw 'mauve'. Fix: use one of: red, blue"):
        env.text("COLOUR", "blue", choices=("red", "blue"), help="A colour.")


@pytest.mark.parametrize(("seen", "meant"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_flag_reads_yes_and_no(seen: str, meant: bool) -> None:
    env = Environment({"LIGHT": seen})

    assert env.flag("LIGHT", True, help="A light.") is meant


def test_flag_refuses_a_word_that_is_neither() -> None:
    env = Environment({"LIGHT": "perhaps"})

    with pytest.raises(SettingError, match=r"LIGHT: saw 'perhaps', which is neither yes nor no. Fix: write LIGHT=yes"):
        env.flag("LIGHT", True, help="A light.")


@pytest.mark.parametrize("seen", ["ten", "0", "11", "1.5"])
def test_whole_names_the_range_when_out_of_it(seen: str) -> None:
    env = Environment({"SIZE": seen})

    with pytest.raises(SettingError, match=f"SIZE: saw '?{seen}'?, which is .*between 1 and 10"):
        env.whole("SIZE", 5, least=1, most=10, help="A size.")


def test_secret_comes_from_a_file_when_named(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")
    env = Environment({"PASSWORD_FILE": str(tmp_path / "password")})

    assert env.text("PASSWORD", help="A password.", secret=True) == "hush"


def test_secret_is_refused_when_given_twice(tmp_path: Path) -> None:
    env = Environment({"PASSWORD": "hush", "PASSWORD_FILE": str(tmp_path / "password")})

    with pytest.raises(SettingError, match="both PASSWORD and PASSWORD_FILE are set"):
        env.text("PASSWORD", help="A password.", secret=True)


def test_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    env = Environment({"PASSWORD_FILE": str(tmp_path / "missing")})

    with pytest.raises(SettingError, match=r"PASSWORD_FILE: saw .*missing.*No such file"):
        env.text("PASSWORD", help="A password.", secret=True)


@pytest.mark.parametrize("value", ["mysql://root:hunter2@db/x", "oracle://u:hunter2@db/x", "hunter2"])
def test_database_that_is_not_understood_keeps_its_password_to_itself(value: str) -> None:
    env = Environment({"DATABASE_URL": value})

    with pytest.raises(SettingError) as caught:
        env.database(value)

    assert "hunter2" not in str(caught.value)
    assert "postgres://" in caught.value.fix


@pytest.mark.parametrize("value", ["", "k1", "k1:short", "k1:" + base64.b64encode(b"x" * 31).decode(), ":AAAA"])
def test_keyring_refuses_what_is_not_a_key_and_shows_none_of_it(value: str) -> None:
    env = Environment({})

    with pytest.raises(SettingError) as caught:
        env.keyring("FIELD_KEYS", value)

    assert "key number 1" in caught.value.seen
    assert not value or value not in caught.value.seen


def test_keyring_refuses_one_id_for_two_keys() -> None:
    key = new_keyring()

    with pytest.raises(SettingError, match="key number 2"):
        Environment({}).keyring("FIELD_KEYS", f"{key},{key}")


@pytest.mark.parametrize("value", ["privacy.example.org", "ftp://x.org", "https://x.org/path", "https://u:p@x.org"])
def test_address_refuses_what_is_not_a_site(value: str) -> None:
    env = Environment({"BASE_URL": value})

    with pytest.raises(SettingError, match="not the address of a site"):
        env.address("BASE_URL", "http://localhost", help="The site.", example="https://privacy.example.org")


@pytest.mark.parametrize("value", ["https://login.example.org/realms/one/", "http://127.0.0.1:8002/o", ""])
def test_issuer_is_taken_as_it_is_written(value: str) -> None:
    env = Environment({"OIDC_ISSUER": value})

    assert env.issuer("OIDC_ISSUER", help="The provider.", example="https://login.example.org") == value


@pytest.mark.parametrize(
    "value",
    [
        "login.example.org", "http://login.example.org", "https://u:p@x.org", "https://x.org?a=1", "https://x.org#a",
        "https://", "javascript:alert(1)", "http://127.0.0.1.example.org",
    ],
)  # fmt: skip
def test_issuer_refuses_what_is_not_encrypted_or_no_address(value: str) -> None:
    env = Environment({"OIDC_ISSUER": value})

    with pytest.raises(SettingError, match="not the https address of a provider"):
        env.issuer("OIDC_ISSUER", help="The provider.", example="https://login.example.org")


def test_kept_is_one_value_for_all_when_many_start_at_once(tmp_path: Path) -> None:
    seen: list[str] = []
    threads = [Thread(target=lambda: seen.append(kept(tmp_path / "keys" / "one", new_keyring))) for _ in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 16
    assert len(set(seen)) == 1
    assert (tmp_path / "keys" / "one").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["one"]


GATEWAY = "https://gateway.example.org/messages"
MESSAGES = "messages+https://api.example.com/2010-04-01"


@pytest.mark.parametrize(
    ("url", "sender", "account", "token"),
    [
        ("", "", "", ""),
        ("file:///var/lib/recourse/sms", "", "", ""),
        (GATEWAY, "+353861234567", "", "hush"),
        (f"{GATEWAY}?allow=10.1.2.0/24,fd00:1::/32", "50123", "", "hush"),
        ("http://127.0.0.1:8080/messages", "Corrib Lib", "", "hush"),
        (MESSAGES, f"MG{'0' * 32}", "AC0123", "hush"),
    ],
)
def test_texting_takes_a_folder_or_a_service_with_what_goes_with_it(
    url: str, sender: str, account: str, token: str
) -> None:
    assert Environment({}).texting(url, sender, account, token) == url


@pytest.mark.parametrize(
    ("url", "sender", "account", "token", "name", "seen"),
    [
        ("https://me:hunter2@gateway.example.org/", "Corrib", "", "t", "SMS_URL", "a user or password in it"),
        ("https://hunter2@gateway.example.org/", "Corrib", "", "t", "SMS_URL", "a user or password in it"),
        ("hunter2", "Corrib", "", "t", "SMS_URL", "saw no address"),
        ("smpp://hunter2/x", "Corrib", "", "t", "SMS_URL", "starts with 'smpp:'"),
        ("file://relative/hunter2", "", "", "", "SMS_URL", "starts with 'file:'"),
        ("https://gateway.example.org:port/hunter2", "Corrib", "", "t", "SMS_URL", "cannot be read"),
        (f"{GATEWAY}?key=hunter2", "Corrib", "", "t", "SMS_URL", "cannot be read"),
        (f"{GATEWAY}?allow=10.0.0.0/4", "Corrib", "", "t", "SMS_URL", "cannot be read"),
        (f"{GATEWAY}?allow=10.0.0.1/24", "Corrib", "", "t", "SMS_URL", "cannot be read"),
        (f"{GATEWAY}#hunter2", "Corrib", "", "t", "SMS_URL", "starts with 'https:'"),
        (
            "http://gateway.example.org/hunter2",
            "Corrib",
            "",
            "t",
            "SMS_URL",
            "'gateway.example.org' without encryption",
        ),
        (GATEWAY, "", "", "t", "SMS_FROM", "it is not set"),
        (GATEWAY, "a name that is long", "", "t", "SMS_FROM", "saw 'a name that is long'"),
        (GATEWAY, "Corrib", "", "", "SMS_TOKEN", "it is not set"),
        (GATEWAY, "Corrib", "", "hunter2\r\nX: y", "SMS_TOKEN", "more than ASCII"),
        (MESSAGES, "Corrib", "", "t", "SMS_ACCOUNT", "it is not set"),
        (MESSAGES, "Corrib", "AC:1", "t", "SMS_ACCOUNT", "saw 'AC:1'"),
    ],
)
def test_texting_explains_what_it_cannot_use_and_shows_no_secret(
    url: str, sender: str, account: str, token: str, name: str, seen: str
) -> None:
    with pytest.raises(SettingError) as caught:
        Environment({}).texting(url, sender, account, token)

    assert caught.value.name == name
    assert seen in caught.value.seen
    assert caught.value.fix
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_networks_are_read_and_none_is_the_default() -> None:
    env = Environment({"INSIDE": "10.1.0.0/16, fd00::/16"})

    assert [str(each) for each in env.networks("INSIDE", help="Ours.", example="10.1.0.0/16")] == [
        "10.1.0.0/16",
        "fd00::/16",
    ]
    assert env.networks("OUTSIDE", help="Theirs.", example="10.1.0.0/16") == []


@pytest.mark.parametrize("seen", ["10.1.2.3/16", "here", "0.0.0.0/0", "10.1.0.0/16, 0.0.0.0/4", "::/0"])
def test_networks_refuse_what_is_none_and_what_is_too_wide(seen: str) -> None:
    env = Environment({"INSIDE": seen})

    with pytest.raises(SettingError, match=r"INSIDE: saw .*Fix: write networks .* for example INSIDE=10\.1\.0\.0/16"):
        env.networks("INSIDE", help="Ours.", example="10.1.0.0/16")
