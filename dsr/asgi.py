"""Entry point for servers that speak ASGI. The service is synchronous; prefer `dsr.wsgi`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr.settings")
application = get_asgi_application()
