"""Entry point for servers that speak ASGI. The service is synchronous; prefer `dsr.wsgi`.

Here the body of a request lies in a temporary file before any view is asked, evidence included: see decision 12.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr.settings")
application = get_asgi_application()
