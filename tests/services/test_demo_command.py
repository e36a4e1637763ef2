import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

RIGHTS = ("access", "deletion")
pytestmark = pytest.mark.slow


def test_demo_goes_through_a_whole_journey_and_its_package_opens(tmp_path):
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert "why to look twice: the address is not the one on file, an address that looks like another" in done.stdout
    assert "It waits for a surer proof, and nothing is handed over before" in done.stdout
    assert "Nothing was searched, and nothing was handed over." in done.stdout
    with zipfile.ZipFile(found["package"]) as package:
        assert package.testzip() is None
        assert found["reference"] in package.read("searched.txt").decode()
    assert {line["system"] for line in found["ledger"]} == {"accounts", "marketing", "messaging", "support"}
    by_right = {right: {line["outcome"] for line in found["ledger"] if line["right"] == right} for right in RIGHTS}
    assert by_right == {"access": {"given"}, "deletion": {"erased", "kept"}}
    kept = [line for line in found["ledger"] if line["outcome"] == "kept"]
    assert {line["ground"] for line in kept} >= {"legal_obligation_retain", "security_fraud_prevention"}
    assert "For three days it can still be stopped." in done.stdout
    assert Path(found["package"]).is_relative_to(tmp_path)
