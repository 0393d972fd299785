"""How the pages' own files are served: under names with a hash, cached for ever, compressed."""

import os
import re
import secrets
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from django.http import HttpRequest, HttpResponseBase
from django.urls import get_script_prefix
from django.utils._os import safe_join
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

_HASHED = re.compile(r"\.[0-9a-f]{12}\.[\w.]+\Z", re.ASCII)


class WholeFilesCompressor(Compressor):  # type: ignore[misc]
    """Puts a compressed file in its place when it is complete."""

    def write_data(self, path: str, data: bytes, suffix: str, stat_result: os.stat_result) -> str:
        """Write it beside, and rename it. Returns its path."""
        draft: str = super().write_data(path, data, f"{suffix}.{secrets.token_hex(4)}", stat_result)
        os.replace(draft, path + suffix)
        return path + suffix


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Gives JavaScript modules the hashed names of what they import, or a new page would run old modules.

    Django writes files under hashed names anew at each `collectstatic`. Here they stay: what has the same name has the
    same bytes, and a server that runs may be asked for it at any moment.
    """

    support_js_module_import_aggregation = True

    @property
    def base_url(self) -> str:
        """Where the files are for the request of this thread: Django keeps that of the first."""
        return f"{get_script_prefix()}static/"

    def delete(self, name: str) -> None:
        """Delete a file, but none under a hashed name."""
        if not _HASHED.search(name):
            super().delete(name)

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """What compresses the files."""
        return WholeFilesCompressor(**kwargs)

    def _save(self, name: str, content: Any) -> str:
        if not _HASHED.search(name):
            saved: str = super()._save(name, content)
            return saved
        if not self.exists(name):
            draft = super()._save(f"{name}.{secrets.token_hex(4)}", content)
            os.replace(self.path(draft), self.path(name))
        return name


def not_collected() -> str | None:
    """The name of a file that pages may need and `collectstatic` has not collected, or None."""
    known = getattr(staticfiles_storage, "hashed_files", {})
    names = (name.replace("\\", "/") for finder in get_finders() for name, _ in finder.list([]))
    return next((name for name in names if name not in known), None)


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Also finds files that `collectstatic` has added since the start, under names with a hash.

    While two versions serve side by side, pages of the new one ask the old one too for what they need.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve a file, or go on."""
        url = request.path_info
        if (
            not self.autorefresh
            and url not in self.files
            and url.startswith(self.static_prefix)
            and _HASHED.search(url)
        ):
            self._look_again(url)
        response: HttpResponseBase = super().__call__(request)
        return response

    def _look_again(self, url: str) -> None:
        root: Any = self.static_root
        try:
            path = safe_join(root, url.removeprefix(self.static_prefix))
            is_there = Path(path).is_file()
        except (SuspiciousFileOperation, OSError, ValueError):
            # It leads elsewhere, or is no name that a file can have.
            return
        if is_there:
            self.add_file_to_dictionary(url, path)
