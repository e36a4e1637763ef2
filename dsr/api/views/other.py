"""Addresses that do not exist."""

from typing import NoReturn

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView

from dsr.api.problems import Problem


class NoSuchAddress(APIView):
    """Answers every address that nothing else answers."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> NoReturn:
        """Say so, whatever the method."""
        raise Problem("not-found", _("There is no such address."))
