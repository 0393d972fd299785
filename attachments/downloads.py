"""A ZIP of attachments as a response, for the API and the admin."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from attachments.archives import Archive
from cas.serving.headers import byte_headers
from core.filenames import clean_filename

ZIP_TYPE = "application/zip"


def archive_response(request: HttpRequest, archive: Archive, name: str) -> HttpResponseBase:
    """The ZIP under this name, which may be any text; for HEAD only its headers."""
    response = HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(iter(archive))
    response["Content-Length"] = str(archive.size)
    # Only a name: what looks like a path is none.
    stem = clean_filename(name.replace("/", "_").replace("\\", "_"), default="files")
    return byte_headers(response, ZIP_TYPE, cache="private, no-store", filename=f"{stem}.zip", as_download=True)
