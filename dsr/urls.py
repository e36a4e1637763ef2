"""Addresses of the service."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from dsr import health, wellknown

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path(".well-known/gpc.json", wellknown.gpc_json),
    path(".well-known/http-message-signatures-directory", wellknown.signing_keys),
    path(".well-known/security.txt", wellknown.security_txt),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("dsr.api.urls")),
    path("", include("dsr.public.urls")),
]

handler400 = "dsr.errorpages.bad_request"
handler403 = "dsr.errorpages.permission_denied"
handler404 = "dsr.errorpages.page_not_found"
handler500 = "dsr.errorpages.server_error"
