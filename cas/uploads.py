"""Receiving files: straight into staging, refused as early as possible."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.http.multipartparser import MultiPartParser
from typing_extensions import override

from cas.errors import StorageUnavailableError, UploadNotAllowedError
from cas.media.filetypes import FileType
from cas.media.inspection import allowed_type, too_large
from cas.storage import cas_storage
from cas.storage.breaker import BREAKER
from cas.storage.staging import HEAD_BYTES, StagedFile
from core.errors import InventoryError
from core.filenames import clean_filename

# What browsers escape in names of files (HTML standard, "multipart form data"), and nothing else.
_ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}
_ESCAPES = re.compile("|".join(_ESCAPED))


class _FormParser(MultiPartParser):
    """Django's parser, with names as browsers send them. Django's own reads HTML into them: "§ion" for "&section"."""

    @override
    def sanitize_file_name(self, file_name: str) -> str:
        return clean_filename(_ESCAPES.sub(lambda found: _ESCAPED[found[0]], file_name))


class StagedUpload(UploadedFile):  # type: ignore[type-arg]
    """A received file: hashed, sized, and in a temporary file of the store."""

    def __init__(self, staged: StagedFile, name: str, content_type: str) -> None:
        super().__init__(staged.file, name, content_type, staged.size)
        self.staged = staged

    def close(self) -> None:
        """Remove the temporary file. Django does this at the end of the request."""
        self.staged.close()


class RefusedUpload(UploadedFile):  # type: ignore[type-arg]
    """Stands for a file that was not kept, so that a form with other things in it survives. `error` says why."""

    def __init__(self, error: InventoryError, name: str) -> None:
        super().__init__(None, name, "", 0)
        self.error = error

    @override
    def close(self) -> None:
        pass


class StagingUploadHandler(FileUploadHandler):
    """Hashes each file while it arrives and stops at the limit of the type that its first bytes show.

    In the admin a refused file becomes a RefusedUpload and the rest of the form is read; anywhere else its error ends
    the request.
    """

    chunk_size = 256 * 1024

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._staged: StagedFile | None = None
        self._refusal: InventoryError | None = None
        self._file_type: FileType | None = None
        self._length: int | None = None
        self._is_admitted = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> Any:
        """What the form holds. Refuses what is too large by its own account, and any file of nobody's request."""
        if self._length is not None:
            # Our own parser asks the same, and reads on.
            return None
        self._length = content_length
        if content_length > settings.MAX_REQUEST_BYTES:
            raise too_large("The request", content_length, settings.MAX_REQUEST_BYTES)
        return _FormParser(META, input_data, [self], encoding).parse()

    @override
    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._refusal = self._file_type = None
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            # Or a POST to the login page could fill the disk.
            raise UploadNotAllowedError
        try:
            if self._plain_limit is None and not self._is_admitted:
                BREAKER.require()
                # The other files of the form need not ask: only one request may try whether the store is back.
                self._is_admitted = True
            self._staged = cas_storage().stage()
        except StorageUnavailableError as error:
            if not self._reads_on:
                raise
            self._refusal = error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write, and look whether this may go on."""
        if self._refusal is not None:
            return
        assert self._staged is not None, "new_file() comes first"
        try:
            self._staged.write(raw_data)
            if (limit := self._plain_limit) is not None:
                if self._staged.size > limit:
                    raise too_large("This file", self._staged.size, limit)
            elif self._file_type is None and self._staged.size >= HEAD_BYTES:
                self._file_type = allowed_type(self._staged.head, self.file_name or "")
            if self._file_type is not None and self._staged.size > self._file_type.max_bytes:
                # Nobody knows yet how long the file really is; the request's length is close.
                size = max(self._staged.size, self._length or 0 if not self._reads_on else 0)
                raise too_large(f"This {self._file_type.label}", size, self._file_type.max_bytes)
        except InventoryError as error:
            self._staged.close()
            if not self._reads_on:
                raise
            self._refusal = error

    @override
    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        name = self.file_name or "file"
        if self._refusal is not None:
            return RefusedUpload(self._refusal, name)
        assert self._staged is not None, "new_file() comes first"
        self._staged.seal()
        return StagedUpload(self._staged, name, self.content_type or "")

    def upload_interrupted(self) -> None:
        """The body ended in the middle of a file."""
        if self._staged is not None:
            self._staged.close()

    @property
    def _plain_limit(self) -> int | None:
        """For a view that reads the file itself, a table of rows say: how large one of any type may be."""
        match = getattr(self.request, "resolver_match", None)
        return None if match is None else getattr(match.func, "plain_upload_bytes", None)

    @property
    def _reads_on(self) -> bool:
        match = getattr(self.request, "resolver_match", None)
        return match is not None and "admin" in match.app_names


class DiscardUploadsMiddleware:
    """Removes what is left of a file when its request is over, however it ended.

    Django closes the complete ones only: when the connection breaks, the file that was being received would stay on
    the disk until Python's garbage collector comes by.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on, and look for a file afterwards."""
        try:
            return self.get_response(request)
        finally:
            # Not `upload_handlers`, which would make the handlers of every request that has no files.
            for handler in request._upload_handlers:  # type: ignore[attr-defined]
                handler.upload_interrupted()
