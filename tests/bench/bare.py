"""The least that a Django REST view can do: take one row as JSON, insert it, answer with it.

A project of its own without middleware, authentication or anything to decide, with a table as wide as the row that a
filing writes first. It is served by the same command and through the same pool as the service.
"""

import os
from typing import Any

import environ
from django.conf import settings

TABLE = """
CREATE TABLE bare (
    id uuid PRIMARY KEY,
    reference varchar(11) NOT NULL UNIQUE,
    received_at timestamptz NOT NULL,
    channel varchar(16) NOT NULL,
    language varchar(12) NOT NULL,
    country varchar(2) NOT NULL,
    region varchar(8) NOT NULL,
    relationship varchar(64) NOT NULL,
    name varchar(200) NOT NULL,
    email varchar(254) NOT NULL,
    phone varchar(40) NOT NULL,
    state varchar(16) NOT NULL,
    due_at timestamptz NOT NULL
);
CREATE INDEX bare_email ON bare (email);
CREATE INDEX bare_due ON bare (due_at, id);
"""
INSERT = """
INSERT INTO bare (id, reference, received_at, channel, language, country, region, relationship, name, email, phone,
                  state, due_at)
VALUES (gen_random_uuid(), %s, now(), 'api', 'en', 'IE', '', 'customer', 'Ada Lovelace', %s, '', 'received',
        now() + interval '30 days')
"""


def _configure() -> None:
    database = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    database["OPTIONS"] = {"pool": {"min_size": 2, "max_size": 4, "timeout": 10}}
    settings.configure(
        DATABASES={"default": database},
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        SECRET_KEY=os.environ["SECRET_KEY"],
        USE_TZ=True,
        INSTALLED_APPS=["rest_framework"],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
            "UNAUTHENTICATED_USER": None,
        },
    )


def _project() -> Any:
    """Make the model, its view, and the application."""
    import uuid

    import django
    from django.core.wsgi import get_wsgi_application

    django.setup()
    from django.db import models
    from django.urls import path
    from rest_framework import generics, serializers

    class Bare(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
        reference = models.CharField(max_length=11)
        received_at = models.DateTimeField(auto_now_add=True)
        channel = models.CharField(max_length=16)
        language = models.CharField(max_length=12)
        country = models.CharField(max_length=2)
        region = models.CharField(max_length=8, blank=True)
        relationship = models.CharField(max_length=64)
        name = models.CharField(max_length=200)
        email = models.EmailField()
        phone = models.CharField(max_length=40, blank=True)
        state = models.CharField(max_length=16, default="received")
        due_at = models.DateTimeField()

        class Meta:
            app_label = "bare"
            db_table = "bare"
            managed = False

    class BareSerializer(serializers.ModelSerializer):
        class Meta:
            model = Bare
            fields = "__all__"

    class Create(generics.CreateAPIView):
        queryset = Bare._default_manager.all()
        serializer_class = BareSerializer

    urlpatterns.append(path("bare", Create.as_view()))
    return get_wsgi_application()


urlpatterns: list[Any] = []
if os.environ.get("BENCH_BARE"):
    _configure()
    application = _project()
