"""Says whether the pinned files answer to pyproject.toml, without asking a package index."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)")


def pins(name: str) -> dict[str, Version]:
    """The pinned versions of one file; exits on a line that names a host or a pin without a hash."""
    found: dict[str, Version] = {}
    hashed: set[str] = set()
    current = ""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if "://" in line or line.startswith("--"):
            sys.exit(f"{name} names a host or an option: {line}")
        if match := PIN.match(line):
            current = canonicalize_name(match[1])
            found[current] = Version(match[2])
        elif "--hash=sha256:" in line:
            hashed.add(current)
    if missing := found.keys() - hashed:
        sys.exit(f"{name}: no hash for {', '.join(sorted(missing))}")
    return found


def unmet(wanted: list[str], found: dict[str, Version], name: str) -> list[str]:
    """Requirements that the file does not meet."""
    answers = []
    for text in wanted:
        requirement = Requirement(text)
        version = found.get(canonicalize_name(requirement.name))
        if version is None or version not in requirement.specifier:
            answers.append(f"{name}: {text} is pinned to {version or 'nothing'}")
    return answers


def main() -> None:
    """Compare the files with the project, and with each other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = "requirements.txt"
    runtime = pins(shipped)
    wanted = project["project"]["dependencies"]
    problems = unmet(wanted, runtime, shipped)
    further = {
        "requirements-demo.txt": project["project"]["optional-dependencies"]["demo"],
        "requirements-dev.txt": project["dependency-groups"]["dev"],
    }
    for file, more in further.items():
        found = pins(file)
        problems += unmet([*wanted, *more], found, file)
        problems += [
            f"{name} is {version} in {shipped} and {found.get(name)} in {file}"
            for name, version in runtime.items()
            if found.get(name) != version
        ]
    if problems:
        sys.exit("\n".join([*problems, "Fix: make lock"]))
    counts = f"{len(runtime)} packages to run, {len(pins('requirements-dev.txt'))} to develop"
    print(f"{counts}: pinned, hashed, in step.")


if __name__ == "__main__":
    main()
