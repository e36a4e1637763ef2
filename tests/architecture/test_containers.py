"""The container files fit together and fit the settings."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.architecture.habits import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
OURS = ("migrate", "web", "worker", "scheduler")


def test_compose_has_every_part_of_the_service() -> None:
    assert {"web", "worker", "scheduler", "db", "redis", "mail", "migrate"} <= COMPOSE["services"].keys()


@pytest.mark.parametrize("name", OURS)
def test_compose_sets_only_settings_that_exist(name: str) -> None:
    known = settings.ENVIRONMENT.variables

    given = {variable.removesuffix("_FILE") for variable in COMPOSE["services"][name]["environment"]}

    assert given <= known.keys()


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_compose_watches_what_keeps_running(name: str) -> None:
    service = COMPOSE["services"][name]
    once = service.get("restart") == "no"
    # The web server is watched by the image's own check.
    assert once or name == "web" or "test" in service["healthcheck"]


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_compose_migrates_before_anything_runs(name: str) -> None:
    condition = COMPOSE["services"][name]["depends_on"]["migrate"]["condition"]

    assert condition == "service_completed_successfully"


def test_compose_publishes_on_this_machine_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_uses_volumes_that_it_declares() -> None:
    mounted = {entry.split(":")[0] for service in COMPOSE["services"].values() for entry in service.get("volumes", [])}

    assert mounted == COMPOSE["volumes"].keys()


def test_compose_is_accepted_by_its_own_client() -> None:
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("the client `docker compose` is not installed")

    answer = subprocess.run(
        ["docker", "compose", "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stderr


def test_image_runs_as_nobody_in_particular_and_checks_hashes() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")

    assert "--require-hashes" in text
    assert re.search(r"^USER recourse$", text, re.MULTILINE)
    assert text.index("USER recourse") < text.index('CMD ["python", "manage.py"')


def test_image_copies_only_what_exists_and_is_let_through() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE))

    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
