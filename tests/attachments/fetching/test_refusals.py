"""Addresses that lead where no link may lead. For each: the one sentence, and nothing left behind."""

from ipaddress import ip_address
from typing import Any

import pytest

from attachments.models import Attachment
from tests.attachments.fetching.conftest import Paste
from tests.conftest import ApiClient
from tests.plugins.files import pdf
from tests.plugins.web import Web, listening

pytestmark = pytest.mark.django_db


class TestPrivateAddress:
    @pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "[64:ff9b::7f00:1]", "[fd00:ec2::254]"])
    def test_is_refused(self, paste: Paste, host: str) -> None:
        assert paste.refused(f"http://{host}/").endswith("is not public")

    @pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "::1", "::ffff:a00:5", "fe80::1%eth0"])
    def test_of_a_name_is_refused(self, paste: Paste, offline: Web, address: str) -> None:
        offline.names["shop.test"] = [address]
        # Python 3.13 writes an IPv4 address within an IPv6 one with dots.
        assert paste.refused("https://shop.test/") == f"{ip_address(address)} is not public"

    def test_among_public_ones_is_refused(self, paste: Paste, offline: Web) -> None:
        offline.names["shop.test"] = ["93.184.215.14", "2606:4700::1111", "10.0.0.5"]
        assert paste.refused("https://shop.test/") == "10.0.0.5 is not public"
        assert offline.lookups == ["shop.test"]

    def test_is_refused_like_one_where_nobody_listens(self, paste: Paste, offline: Web) -> None:
        offline.names["inside.test"] = ["10.0.0.5"]
        paste.refused("http://inside.test/")
        paste.refused("http://unknown.test/")
        with listening(Web()) as port:
            pass
        paste.refused(f"http://127.0.0.1:{port}/")


class TestAddress:
    @pytest.mark.parametrize("title", ["", "Shop"])
    def test_with_a_password_is_wrong_input(self, api: ApiClient, set_id: int, web: Web, title: str) -> None:
        url = f"http://user:secret@127.0.0.1:{web.port}/"
        response = api.post(f"/attachment-sets/{set_id}/attachments", {"url": url, "title": title})
        assert (response.status_code, list(response.json()["details"]["fields"])) == (400, ["url"])
        assert web.requests == []
        assert not Attachment.objects.exists()

    @pytest.mark.parametrize("port", [22, 8080, 6379])
    def test_with_another_port_is_refused(self, paste: Paste, offline: Web, port: int) -> None:
        offline.names["shop.test"] = ["93.184.215.14"]
        assert paste.refused(f"https://shop.test:{port}/") == f"the port {port}"

    def test_without_an_answer_from_the_name_server_is_refused(self, paste: Paste, offline: Web) -> None:
        assert "cannot be looked up" in paste.refused("https://unknown.test/")
        offline.names["empty.test"] = []
        assert paste.refused("https://empty.test/") == "the name has no address"


class TestRedirect:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_is_followed(self, paste: Paste, web: Web, status: int) -> None:
        web.serve("/sheet.pdf", pdf(), "application/pdf")
        body = paste(web.redirect("/old", "/sheet.pdf", status))
        assert (body["attachment_type"], body["filename"], body["url"]) == ("pdf", "sheet.pdf", web.base + "/old")

    def test_to_cloud_metadata_is_refused(self, paste: Paste, web: Web) -> None:
        url = web.redirect("/", "http://169.254.169.254/latest/meta-data/")
        assert paste.refused(url) == "169.254.169.254 is not public"

    def test_to_a_name_of_a_private_address_is_refused(self, paste: Paste, web: Web) -> None:
        web.names["inside.test"] = ["10.0.0.5"]
        assert paste.refused(web.redirect("/", "http://inside.test/")) == "10.0.0.5 is not public"

    @pytest.mark.parametrize(
        ("location", "reason"),
        [
            ("file:///etc/passwd", "the scheme 'file'"),
            ("gopher://127.0.0.1/", "the scheme 'gopher'"),
            ("http://user:secret@127.0.0.1/", "credentials in the address"),
            ("http://2130706433/", "an unusual form of an IPv4 address"),
            ("http://[::1]/", "::1 is not public"),
        ],
    )
    def test_to_another_kind_of_address_is_refused(self, paste: Paste, web: Web, location: str, reason: str) -> None:
        assert paste.refused(web.redirect("/", location)) == reason

    def test_is_followed_four_times(self, paste: Paste, web: Web) -> None:
        web.serve("/0", "<title>Arrived</title>")
        for number in range(1, 6):
            web.redirect(f"/{number}", f"/{number - 1}")
        assert paste(web.base + "/4")["title"] == "Arrived"
        with pytest.raises(AssertionError, match="cannot_fetch"):
            paste(web.base + "/5")
        assert paste.reasons() == ["too many redirects"]

    def test_in_a_circle_ends(self, paste: Paste, web: Web) -> None:
        assert paste.refused(web.redirect("/", "/")) == "too many redirects"
        assert len(web.requests) == 5

    def test_without_a_location_is_no_answer(self, paste: Paste, web: Web) -> None:
        assert paste.refused(web.route("/", lambda exchange: exchange.begin(302))) == "the answer is 302"


class TestRebinding:
    def test_finds_the_name_looked_up_once(self, paste: Paste, web: Web) -> None:
        web.names["shop.test"] = ["127.0.0.1"]
        web.serve("/", "<title>Shop</title>")
        body = paste(f"http://shop.test:{web.port}/")
        assert body["title"] == "Shop"
        assert web.lookups == ["shop.test"]
        assert web.requests[0].headers["Host"] == f"shop.test:{web.port}"

    def test_is_noticed_at_the_next_redirect(self, paste: Paste, web: Web) -> None:
        web.names["shop.test"] = ["127.0.0.1"]

        def answer(exchange: Any) -> None:
            web.names["shop.test"] = ["10.0.0.5"]
            exchange.send(status=302, Location="/again", Content_Length="0")

        web.route("/", answer)
        assert paste.refused(f"http://shop.test:{web.port}/") == "the port " + str(web.port)
        assert len(web.requests) == 1


class TestRequest:
    def test_brings_neither_credentials_nor_a_proxy(
        self, paste: Paste, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://10.0.0.5:3128")
        web.serve("/", "<title>Shop</title>")
        web.routes["/first"] = lambda exchange: exchange.send(status=302, Location="/", Content_Length="0")
        paste(web.base + "/first")
        for request in web.requests:
            assert set(request.headers) == {
                "Host",
                "User-Agent",
                "Accept",
                "Accept-Language",
                "Accept-Encoding",
                "Connection",
            }


class TestAllowedHost:
    def test_is_fetched_from_any_port_by_name(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.FETCH_ALLOWED_HOSTS = ["wiki.test"]
        web.names |= {"wiki.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}
        web.serve("/", "<title>Wiki</title>")
        assert paste.refused(f"http://other.test:{web.port}/") == f"the port {web.port}"
        assert paste(f"http://WIKI.test.:{web.port}/")["title"] == "Wiki"

    def test_does_not_open_its_address_for_others(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.FETCH_ALLOWED_HOSTS = ["wiki.test"]
        web.names |= {"wiki.test": ["127.0.0.1"], "evil.test": ["127.0.0.1"]}
        assert paste.refused("http://evil.test/") == "127.0.0.1 is not public"
        assert paste.refused("http://127.0.0.1/") == "127.0.0.1 is not public"

    def test_of_a_network_needs_every_address_in_it(self, paste: Paste, web: Web) -> None:
        web.names["mixed.test"] = ["127.0.0.1", "10.0.0.5"]
        assert paste.refused("http://mixed.test/") == "10.0.0.5 is not public"
        assert web.requests == []

    def test_is_tried_at_its_next_address_when_one_is_dead(self, paste: Paste, web: Web) -> None:
        web.names["shop.test"] = ["127.0.0.9", "127.0.0.1"]
        web.serve("/", "<title>Shop</title>")
        assert paste(f"http://shop.test:{web.port}/")["title"] == "Shop"


class TestAnswer:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
    def test_of_failure_is_refused(self, paste: Paste, web: Web, status: int) -> None:
        url = web.route("/", lambda exchange: exchange.send(b"<title>Just a moment...</title>", "text/html", status))
        assert paste.refused(url) == f"the answer is {status}"

    def test_with_nothing_in_it_is_refused(self, paste: Paste, web: Web) -> None:
        assert paste.refused(web.serve("/")) == "the answer is empty"

    def test_that_is_no_http_is_refused(self, paste: Paste, web: Web) -> None:
        paste.refused(web.route("/", lambda exchange: exchange.wfile.write(b"220 mail.test ESMTP\r\n")))

    def test_of_endless_headers_is_refused(self, paste: Paste, web: Web) -> None:
        def answer(exchange: Any) -> None:
            exchange.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Header: value\r\n" * 10_000)

        assert "HTTPException" in paste.refused(web.route("/", answer))

    def test_keeps_the_link_when_a_title_is_given(self, paste: Paste, offline: Web) -> None:
        offline.names["inside.test"] = ["10.0.0.5"]
        for url in ("http://inside.test/wiki", "http://unknown.test/wiki"):
            body = paste(url, "Our wiki")
            assert (body["attachment_type"], body["title"], body["url"]) == ("url", "Our wiki", url)
            assert body["preview_url"] is None
            assert body["notice"] == "The address could not be fetched. Only the link was kept."
