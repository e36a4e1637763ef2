"""Uploads that stay in memory: for files that must never lie on a disk as they came.

Django puts a large file into a temporary one unless it is told otherwise before anything asks for ``request.POST``. So
these wrap a view, and the view is reached with the handler in place::

    @public("GET", "POST")
    @uploading.in_memory
    def document(request): ...

An ASGI server would put the whole body of a request into a file before any of this; the service is run by WSGI. See
docs/decisions/0012.
"""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import IO, Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from verification.uploads import MOST_BYTES

View = Callable[..., HttpResponseBase]
ENVELOPE: Final = 65_536
"""Bytes that a form may have around its file."""


class TooLarge(RequestDataTooBig):
    """There is more of it than is taken. The rest has not been read."""


class InMemory(FileUploadHandler):
    """Keeps what is uploaded in memory, and stops as soon as it is too much."""

    def __init__(self, request: HttpRequest | None = None, *, most: int = MOST_BYTES) -> None:
        super().__init__(request)
        self._most, self._taken, self._pieces = most, 0, BytesIO()

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse by its own word what is too large, before any of it is read. Raises TooLarge."""
        if content_length > self._most + ENVELOPE:
            raise TooLarge

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._pieces = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece; no other handler gets it. Raises TooLarge once all files together are too large."""
        self._taken += len(raw_data)
        if self._taken > self._most:
            raise TooLarge
        self._pieces.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """Hand the file over."""
        self._pieces.seek(0)
        return InMemoryUploadedFile(
            file=self._pieces,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


def in_memory(view: View) -> View:
    """Have the uploads of a view stay in memory. The view must be exempt from Django's own CSRF check."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload_handlers = [InMemory(request)]  # raises when somebody has read the body already
        return view(request, *args, **kwargs)

    return kept


def in_memory_for_staff(view: View) -> View:
    """Have the uploads of a view of the console stay in memory, and check its form only then.

    The check reads the body, so it must not happen before the handler is in place.
    """
    return csrf_exempt(in_memory(csrf_protect(view)))
