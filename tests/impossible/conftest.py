"""One system that really is searched, and files of the test's own."""

from tests.services.conftest import storage_of_its_own, systems

__all__ = ["storage_of_its_own", "systems"]
