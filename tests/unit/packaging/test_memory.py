import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.habits import ROOT


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(("kind", "megabytes"), [("noise", "200"), ("rows", "111")])
def test_large_package_is_built_in_little_memory(tmp_path: Path, kind: str, megabytes: str) -> None:
    command = [sys.executable, "-m", "tests.unit.packaging.spool_and_build", str(tmp_path), megabytes, kind]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["contents"] > 200
    # Modules of the service take most of it; whatever the size, a package may add only its buffers.
    assert found["memory"] < 150
    assert found["memory"] - found["memory_before"] < 40
