#!/usr/bin/env python3
"""The command line."""

import os
import sys


def main() -> None:
    """Run one command; a wrong setting is one sentence on standard error, not a stack of calls."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed in this Python. Fix: make setup, then .venv/bin/python manage.py")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
