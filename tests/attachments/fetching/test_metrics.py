"""What is counted about links that are looked at."""

from collections.abc import Callable

import pytest

from attachments.fetching.errors import CannotFetchError
from attachments.fetching.fetch import fetch
from tests.plugins.files import pdf, picture
from tests.plugins.web import Web

Count = Callable[..., Callable[[], float]]


class TestFetched:
    @pytest.mark.parametrize(
        ("result", "data"), [("pdf", pdf()), ("image", picture()), ("webpage", b"<html>"), ("failed", b"")]
    )
    def test_is_counted_by_what_came_back(self, web: Web, counted: Count, result: str, data: bytes) -> None:
        fetches = counted("link_fetches_total", result=result)
        seconds = counted("link_fetch_duration_seconds_count")
        try:
            fetch(web.serve("/", data)).close()
        except CannotFetchError:
            assert result == "failed"
        assert (fetches(), seconds()) == (1, 1)
