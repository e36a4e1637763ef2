import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow


def test_demo_goes_through_a_whole_journey_and_its_package_opens(tmp_path):
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    with zipfile.ZipFile(found["package"]) as package:
        assert package.testzip() is None
        assert found["reference"] in package.read("searched.txt").decode()
    assert {line["system"] for line in found["ledger"]} == {"accounts", "marketing", "messaging", "support"}
    assert {line["outcome"] for line in found["ledger"]} == {"given"}
    assert Path(found["package"]).is_relative_to(tmp_path)
