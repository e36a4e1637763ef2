"""Entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr.settings")
application = get_wsgi_application()
# Load every view now: a fault in one ends the start, not the first visit, and nobody waits for the imports.
_ = get_resolver().url_patterns
