"""Every error under /api/ is JSON of one form: a sentence, a stable code, and no details of the inside."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import IntegrityError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import Client
from rest_framework import exceptions as drf
from rest_framework import serializers

from attachments.errors import (
    AttachmentNotFoundError,
    AttachmentSetNotFoundError,
    NotAnImageError,
    NotInSetError,
    RemovedAttachmentNotFoundError,
)
from cas.errors import (
    BlobNotFoundError,
    CannotShowError,
    ContentBusyError,
    DamagedImageError,
    DecodingBusyError,
    DecodingLimitError,
    EmptyFileError,
    FileTooLargeError,
    FileTypeNotAllowedError,
    ImageLimitError,
    ImageRefusedError,
    StorageUnavailableError,
    UploadNotAllowedError,
)
from cas.media.filetypes import JPEG
from cas.media.images import TooManyPixelsError
from cas.serving.ranges import UnsatisfiableRangeError
from core.errors import (
    ConflictError,
    InventoryError,
    NotAllowedError,
    NotFoundError,
    PreconditionFailedError,
    RefusedInputError,
)
from inventory.errors import LengthRequiredError, NotAvailableError, ProviderError
from kits.errors import DuplicateContentError, DuplicateKitError, KitArchivedError, KitStatusError, StaleContentError
from parts.errors import DuplicateTypeError, NoFreeKeyError, PartInUseError, TypeInUseError
from tests.inventory import faulty

pytestmark = pytest.mark.urls("tests.inventory.faulty")

SECRET = "cas/deadbeef in /var/lib/inventory"

FORESEEN: list[tuple[Exception, int, str]] = [
    (RefusedInputError("No."), 400, "invalid"),
    (FileTypeNotAllowedError("No."), 400, "file_type_not_allowed"),
    (FileTooLargeError("No."), 400, "file_too_large"),
    (EmptyFileError(), 400, "empty_file"),
    (ImageRefusedError("No."), 400, "image_refused"),
    (ImageLimitError("No."), 400, "decoding_limit"),
    (NotInSetError(), 400, "not_in_set"),
    (NotAnImageError(), 400, "not_an_image"),
    (NotAllowedError("No."), 403, "forbidden"),
    (UploadNotAllowedError(), 403, "login_required"),
    (NotFoundError("No."), 404, "not_found"),
    (BlobNotFoundError(), 404, "content_not_found"),
    (AttachmentSetNotFoundError(), 404, "unknown_attachment_set"),
    (AttachmentNotFoundError(), 404, "unknown_attachment"),
    (RemovedAttachmentNotFoundError(), 404, "unknown_removed_attachment"),
    (ConflictError("No."), 409, "conflict"),
    (NoFreeKeyError(), 409, "no_free_key"),
    (PartInUseError("ABCD", []), 409, "part_in_use"),
    (TypeInUseError("Resistor", 2), 409, "type_in_use"),
    (DuplicateTypeError("Resistor"), 409, "duplicate_type"),
    (DuplicateKitError("Radio"), 409, "duplicate_kit"),
    (KitArchivedError("Radio"), 409, "kit_archived"),
    (KitStatusError("Radio", "active"), 409, "kit_status"),
    (DuplicateContentError("ABCD"), 409, "duplicate_content"),
    (StaleContentError(1, 2), 409, "stale_version"),
    (LengthRequiredError(), 411, "length_required"),
    (PreconditionFailedError(), 412, "precondition_failed"),
    (UnsatisfiableRangeError(10), 416, "range_not_satisfiable"),
    (CannotShowError("No."), 422, "cannot_show"),
    (DamagedImageError(), 422, "image_damaged"),
    (DecodingLimitError(), 422, "decoding_limit"),
    (DecodingBusyError(), 503, "decoding_busy"),
    (TooManyPixelsError(9000, 9000, JPEG), 422, "image_too_large"),
    (StorageUnavailableError(), 500, "storage_unavailable"),
    (ContentBusyError(), 503, "content_busy"),
    (NotAvailableError("No."), 501, "not_available"),
    (ProviderError(), 502, "single_sign_on_failed"),
    (Http404(SECRET), 404, "not_found"),
    (PermissionDenied(SECRET), 403, "forbidden"),
    (TooManyFieldsSent(SECRET), 400, "too_many_fields"),
    (MultiPartParserError(SECRET), 400, "malformed"),
    (UnreadablePostError(SECRET), 400, "incomplete"),
    (RequestDataTooBig(SECRET), 413, "body_too_large"),
    (SuspiciousOperation(SECRET), 400, "bad_request"),
    (BadRequest(SECRET), 400, "bad_request"),
    (IntegrityError(SECRET), 409, "conflict"),
    (OperationalError(SECRET), 500, "database_unavailable"),
    (ValidationError("No."), 400, "invalid"),
    (RuntimeError(SECRET), 500, "internal_error"),
    (KeyError(SECRET), 500, "internal_error"),
]
REST_ONLY: list[tuple[Exception, int, str]] = [
    (drf.ParseError(SECRET), 400, "malformed"),
    (drf.NotAuthenticated(SECRET), 401, "login_required"),
    (drf.AuthenticationFailed(SECRET), 401, "login_required"),
    (drf.PermissionDenied(SECRET), 403, "forbidden"),
    (drf.NotFound(SECRET), 404, "not_found"),
    (drf.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
    (drf.NotAcceptable(SECRET), 406, "not_acceptable"),
    (drf.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
    (drf.Throttled(7), 429, "throttled"),
    (drf.ValidationError("No."), 400, "invalid"),
    (drf.APIException(SECRET), 500, "error"),
]


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    faulty.errors.clear()


def ask(path: str, error: Exception) -> Any:
    """The answer to a request that ends with the error, as the world outside would see it."""
    faulty.errors.append(error)
    return Client(raise_request_exception=False).get(path)


def name(value: object) -> str:
    return type(value).__name__ if isinstance(value, Exception) else str(value)


class TestAnswer:
    @pytest.mark.parametrize("path", ["/api/plain", "/api/rest"])
    @pytest.mark.parametrize(("error", "status", "code"), FORESEEN, ids=name)
    def test_has_the_status_and_the_form(self, path: str, error: Exception, status: int, code: str) -> None:
        self.check(ask(path, error), status, code)

    @pytest.mark.parametrize(("error", "status", "code"), REST_ONLY, ids=name)
    def test_so_have_those_of_rest_framework(self, error: Exception, status: int, code: str) -> None:
        self.check(ask("/api/rest", error), status, code)

    def check(self, answer: Any, status: int, code: str) -> None:
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/json"
        assert answer["Cache-Control"] == "no-store"
        body = answer.json()
        assert set(body) == {"error", "details"}
        assert set(body["details"]) <= {"code", "fields"}
        assert body["details"]["code"] == code
        assert body["error"].endswith(".")
        assert SECRET not in answer.content.decode()

    def test_every_kind_of_error_has_a_status(self) -> None:
        def kinds(kind: type[Exception]) -> set[type[Exception]]:
            return {kind}.union(*(kinds(child) for child in kind.__subclasses__()))

        tried = {type(error) for error, _, _ in FORESEEN}
        direct = {kind for kind in InventoryError.__subclasses__() if not kinds(kind) & tried}
        assert direct == set()

    def test_says_when_to_try_again(self) -> None:
        assert int(ask("/api/rest", ContentBusyError())["Retry-After"]) > 0
        assert ask("/api/rest", drf.Throttled(7))["Retry-After"] == "7"

    def test_says_how_to_log_in(self) -> None:
        assert ask("/api/rest", drf.NotAuthenticated())["WWW-Authenticate"] == "Token"

    def test_says_how_long_the_content_is(self) -> None:
        assert ask("/api/plain", UnsatisfiableRangeError(10))["Content-Range"] == "bytes */10"


class TestNoRoom:
    """A full disk is the store's failure, whoever notices it."""

    def check(self, error: Exception) -> None:
        for path in ("/api/plain", "/api/rest"):
            answer = ask(path, error)
            assert (answer.status_code, answer.json()["details"]["code"]) == (500, "storage_unavailable")
            assert answer.json()["error"] == "There is no room for the file; nothing was changed."

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_of_the_system(self, number: int) -> None:
        self.check(OSError(number, SECRET))

    def test_of_the_database(self) -> None:
        told = OperationalError("database or disk is full")
        with closing(sqlite3.connect(":memory:")) as full:
            full.execute("PRAGMA max_page_count = 1")
            with pytest.raises(sqlite3.OperationalError) as raised:
                full.execute("CREATE TABLE t (a)")
        told.__cause__ = raised.value
        self.check(told)

    def test_is_not_every_fault_of_a_file(self) -> None:
        assert ask("/api/rest", PermissionError(errno.EACCES, SECRET)).json()["details"]["code"] == "internal_error"


class TestFields:
    def fields(self, error: Exception) -> Any:
        answer = ask("/api/rest", error)
        assert answer.status_code == 400
        return answer.json()["error"], answer.json()["details"].get("fields")

    def test_of_a_serializer(self) -> None:
        class Input(serializers.Serializer[Any]):
            title = serializers.CharField(max_length=3)

        data = Input(data={"title": "too long"})
        with pytest.raises(drf.ValidationError) as raised:
            data.is_valid(raise_exception=True)
        sentence, fields = self.fields(raised.value)
        assert list(fields) == ["title"]
        assert sentence == f"title: {fields['title'][0]}"

    def test_of_a_model(self) -> None:
        error = ValidationError({"title": ["Too long."], "__all__": ["Both at once."]})
        assert self.fields(error) == ("title: Too long.", {"title": ["Too long."], "body": ["Both at once."]})

    def test_of_a_refused_input(self) -> None:
        error = RefusedInputError("No.", {"url": ["Not an address."]})
        assert self.fields(error) == ("No.", {"url": ["Not an address."]})

    def test_nested_ones_are_flat(self) -> None:
        error = drf.ValidationError({"rows": [{}, {"part": ["Unknown."]}], "tags": {"0": ["Blank."]}})
        assert self.fields(error) == ("rows: Unknown.", {"rows": ["Unknown."], "tags": ["Blank."]})

    def test_are_named_twenty_times_at_most(self) -> None:
        many: Any = {"tags": {str(number): ["Blank."] for number in range(15)}, "body": ["No."] * 15, "late": ["No."]}
        for error in (drf.ValidationError(many), ValidationError({"tags": ["Blank."] * 15, "body": ["No."] * 15})):
            assert self.fields(error) == ("tags: Blank.", {"tags": ["Blank."] * 15, "body": ["No."] * 5})

    def test_a_fault_of_the_whole_body(self) -> None:
        assert self.fields(drf.ValidationError(["No object."])) == ("No object.", {"body": ["No object."]})
        assert self.fields(ValidationError("No object.")) == ("No object.", {"body": ["No object."]})


class TestLog:
    @pytest.mark.parametrize("path", ["/api/plain", "/api/rest", "/page"])
    @pytest.mark.parametrize(
        "error", [RuntimeError(SECRET), StorageUnavailableError(), OperationalError(SECRET)], ids=name
    )
    def test_has_what_the_client_is_not_told(
        self, path: str, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        ask(path, error)
        logged = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
        failed = [event.get("exc_info") for event in logged if event["event"] == "request_failed"]
        assert error in failed

    def test_does_not_fill_with_faults_of_clients(self, caplog: pytest.LogCaptureFixture) -> None:
        for error, status, _ in FORESEEN:
            if status < 500:
                ask("/api/rest", error)
        assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []


class TestPage:
    """Outside /api/ an error is a page with the same sentence."""

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (Http404(SECRET), 404),
            (PermissionDenied(SECRET), 403),
            (SuspiciousOperation(SECRET), 400),
            (FileTooLargeError("The request has 600.0 MB; at most 512 MB are allowed."), 400),
            (UploadNotAllowedError(), 403),
            (StorageUnavailableError(), 500),
            (RuntimeError(SECRET), 500),
        ],
        ids=name,
    )
    def test_is_html_and_tells_no_secrets(self, error: Exception, status: int) -> None:
        answer = ask("/page", error)
        assert answer.status_code == status
        assert answer["Content-Type"].startswith("text/html")
        assert SECRET not in answer.content.decode()
        assert "Traceback" not in answer.content.decode()
        if isinstance(error, InventoryError):
            assert str(error) in answer.content.decode()
