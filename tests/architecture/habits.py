"""The habits of this code base as rules over its syntax trees. Each finding says what to do instead."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("dsr", "verification", "notifications")

#: Where the present time may be asked for: the outermost modules, which pass it inward as `at`.
INTERFACES = ("dsr/public/", "dsr/api/", "dsr/admin/", "dsr/demo/", "notifications/management/")
INTERFACE_MODULES = ("dsr/tasks.py", "dsr/health.py", "dsr/wellknown.py")
#: Clocks of a protocol (leases, the stamp of a signature); they decide nothing about anybody.
OWN_CLOCK = (
    "dsr/broker.py",
    "dsr/connectors/http.py",
    "dsr/connectors/http_call.py",
    "dsr/connectors/opendsr.py",
    "dsr/connectors/rest.py",
)

Rule = Callable[[str, ast.Module], Iterator[tuple[int, str]]]


def modules() -> list[str]:
    """Every Python module of the product, as a path from the root."""
    return sorted(
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "__pycache__" not in str(path)
    )


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def time_is_an_argument(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """No module but an interface asks what time it is."""
    edge = "/management/" in path or "/migrations/" in path
    if edge or path.startswith(INTERFACES) or path in INTERFACE_MODULES or path in OWN_CLOCK:
        return
    asking = re.compile(
        r"(timezone|datetime|date|dt)\.(now|utcnow|today|localdate|localtime)|time\.(time|time_ns)|now|utcnow"
    )
    for call, name in _calls(tree):
        if asking.fullmatch(name.removeprefix("datetime.")):
            yield call.lineno, f"{name}() asks the time; take `at: datetime` as an argument instead"


def queue_stays_outside(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Celery and kombu are imported by the modules at the edge only."""
    allowed = {"celery": ("dsr/celery.py", "dsr/tasks.py"), "kombu": ("dsr/celery.py", "dsr/broker.py")}
    for line, name in _imports(tree):
        package = name.partition(".")[0]
        if package in allowed and path not in allowed[package]:
            yield line, f"imports {package}; ring with dsr.services.doorbell.ring(Bell...., id) instead"


def work_starts_after_commit(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Nobody sends a task directly."""
    if path == "dsr/celery.py":
        return
    for call, name in _calls(tree):
        if name.rpartition(".")[2] in ("apply_async", "send_task", "delay"):
            yield call.lineno, f"{name}() sends before the commit; ring with dsr.services.doorbell.ring instead"


def markup_is_escaped(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Nothing is declared safe by hand: on /admin/ any injected markup would run."""
    for line, name in _imports(tree):
        if name.rpartition(".")[2] in ("mark_safe", "SafeString", "SafeText"):
            yield line, f"imports {name}; use format_html, or a template"


def news_is_returned(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """No signals of Django: whoever needs the news calls, or is handed it."""
    for line, name in _imports(tree):
        if re.match(r"django\.(dispatch|[a-z_.]*signals)\b", name):
            yield line, f"imports {name}; call the function that should follow, or return the news"


def states_move_by_moves(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """No bulk write to the state of a request; it would pass by lock, policy and history."""
    for call, name in _calls(tree):
        if name.endswith((".update", ".bulk_update")):
            for keyword in call.keywords:
                if keyword.arg in ("state", "outcome") and "SubjectRequest" in name:
                    yield call.lineno, f"{name}({keyword.arg}=...) leaves no history; use services._moves.make"


RULES: tuple[Rule, ...] = (
    time_is_an_argument,
    queue_stays_outside,
    work_starts_after_commit,
    markup_is_escaped,
    news_is_returned,
    states_move_by_moves,
)
