"""Reading rule files from disk: the shipped folder, and over it the folder of the operator."""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dsr.rules.problems import Problem, key_path, told

SHIPPED = Path(__file__).resolve().parent / "data"
VECTORS = ".vectors.toml"
PHRASES = "phrases/"
"""What letters are understood by. It proposes and binds nobody, so that a better phrase makes no new version of law."""

Document = Mapping[str, Any]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Files:
    """Every rule file that applies, parsed, by its path below the rule folder."""

    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]

    @property
    def digest(self) -> str:
        """What the files that bind say, as 32 hexadecimal digits: remarks and layout make no difference."""
        said = {path: document for path, document in self.documents.items() if binds(path)}
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_iso)
        return hashlib.sha256(canonical.encode()).hexdigest()[:32]

    def under(self, folder: str) -> Iterator[tuple[str, Document]]:
        """The files in ``folder`` and below, in the order of their paths."""
        return ((path, doc) for path, doc in sorted(self.documents.items()) if path.startswith(f"{folder}/"))


def read(shipped: Path, *over: Path | None) -> Files:
    """The files below ``shipped``, each replaced by the one of that path in the last of the folders over it."""
    paths = {
        _name(path, folder): path for folder in (shipped, *over) if folder for path in sorted(folder.rglob("*.toml"))
    }
    documents, problems = {}, []
    for name, path in paths.items():
        try:
            documents[name] = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem(name, "", f"is not TOML: {error}"))
        except UnicodeDecodeError:
            problems.append(Problem(name, "", "is not text in UTF-8"))
    return Files(documents, tuple(problems))


def binds(path: str) -> bool:
    """Whether a file is part of what a submission is answered under."""
    return not path.endswith(VECTORS) and not path.startswith(PHRASES)


class Findings:
    """Collects what is wrong while files become tables."""

    def __init__(self, problems: tuple[Problem, ...] = ()) -> None:
        self.problems = list(problems)

    def add(self, file: str, key: str, message: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(file, key, message))

    def table(
        self,
        model: type[Model],
        document: Document,
        file: str,
        *,
        homes: Mapping[str, str] | None = None,
        injected: Document | None = None,
    ) -> Model | None:
        """``document`` as ``model``, or None with its mistakes noted.

        ``homes`` names the file that each top-level key came from where a table is spread over several; ``injected``
        holds keys that the loader adds and a file may not.
        """
        homes, injected = homes or {}, injected or {}
        for key in injected.keys() & document.keys():
            self.add(homes.get(key, file), key, "there is no such key")
        try:
            return model.model_validate({**document, **injected})
        except ValidationError as error:
            for loc, message in told(error, model):
                self.add(homes.get(str(loc[0]), file) if loc else file, key_path(loc), message)
            return None


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
