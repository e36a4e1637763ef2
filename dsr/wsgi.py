"""Entry point of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr.settings")
application = get_wsgi_application()
# Load every view now: a fault in one ends the start, not the first visit, and nobody waits for the imports.
_ = get_resolver().url_patterns
# What is loaded now lasts as long as the process, so looking through it for garbage again and again finds none.
gc.collect()
gc.freeze()
