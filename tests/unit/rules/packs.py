"""The two sets of rule files that every test of the rules runs on, and a way to spoil them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from dsr import demo
from dsr.rules import ClockEvent, EventKind, RulePack, RulesBroken, load
from dsr.rules.files import SHIPPED, read
from dsr.rules.reader import build

INVENTED = Path(__file__).resolve().parents[2] / "fixtures" / "rules"
"""An invented organisation, as an operator would lay it over the shipped rules."""

Edit = Callable[[str], str]

DEMO = Path(demo.__file__).parent / "rules"
"""What the demonstration lays over them: invented companies beside the real organisation."""


def shipped() -> RulePack:
    """The rules that ship."""
    return load(SHIPPED)


def invented() -> RulePack:
    """The same laws, for an invented organisation."""
    return load(SHIPPED, INVENTED)


def received(on: date) -> tuple[ClockEvent, ...]:
    """The history of a request that has only come in."""
    return (ClockEvent(EventKind.RECEIVED, on),)


def problems(folder: Path, files: dict[str, str | bytes | Edit]) -> list[str]:
    """What is wrong when ``files`` are laid over the rules of the invented organisation, as it is told to people.

    A file is given whole, or as a function of its present text. No mistakes make an empty list.
    """
    for path, content in files.items():
        if callable(content):
            base = INVENTED / path if (INVENTED / path).exists() else SHIPPED / path
            content = content(base.read_text(encoding="utf-8"))
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    for own in INVENTED.rglob("*.toml"):
        target = folder / own.relative_to(INVENTED)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(own.read_bytes())
    try:
        build(read(SHIPPED, folder))
    except RulesBroken as broken:
        return [str(problem) for problem in broken.problems]
    return []


def swap(old: str, new: str) -> Edit:
    """Replace the first ``old`` by ``new``; the text must be there."""

    def edit(text: str) -> str:
        assert old in text, f"{old!r} is not in the file"
        return text.replace(old, new, 1)

    return edit


def add(text: str) -> Edit:
    """Put ``text`` at the end."""
    return lambda present: f"{present}\n{text}\n"
