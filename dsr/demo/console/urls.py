"""Addresses of the console."""

from django.urls import include, path
from oauth2_provider import urls as toolkit
from oauth2_provider import views as toolkit_views

from dsr.demo.console import views

_provider = [
    path("authorize/", views.Authorize.as_view(), name="authorize"),
    path("token/", toolkit_views.TokenView.as_view(), name="token"),
    *toolkit.oidc_urlpatterns,
]
urlpatterns = [
    path("", views.home),
    path("console.css", views.style),
    path("sign-in/", views.sign_in),
    path("o/", include((_provider, "oauth2_provider"))),
]
