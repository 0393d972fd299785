"""What is read from a page, and from what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.pages import Page, clean_title, read_page

pytestmark = pytest.mark.once

SIZE = 2_000_000


def read(html: str | bytes, url: str = "https://shop.test/products/ne555") -> Page:
    data = html if isinstance(html, bytes) else html.encode()
    return read_page(data, "utf-8", asked=url, url=url, deadline=Deadline(60))


class TestTitle:
    @pytest.mark.parametrize(
        ("html", "title"),
        [
            ("<title>A</title>", "A"),
            ("<title>A</title><meta property='og:title' content='B'>", "B"),
            ("<meta name='og:title' content='B'><title>A</title>", "B"),
            ("<META PROPERTY='OG:TITLE' CONTENT='B'>", "B"),
            ("<meta property='og:title' content=' '><title>A</title>", "A"),
            ("<meta property='og:title'><title>A</title>", "A"),
            ("<meta property='og:title' content='B'><meta property='og:title' content='C'>", "B"),
            ("<svg><title>Cart</title></svg><title>A</title>", "A"),
            ("<body><svg><title>Cart</title></svg></body>", ""),
            ("<title></title><title>A</title>", "A"),
            ("<title>A</title><title>B</title>", "A"),
            ("<title>A<b>C</title>", "A<b>C"),
            ("<!-- <title>no</title> --><title>A</title>", "A"),
            ("<script>'<title>no</title>'</script><title>A</title>", "A"),
            ("<title>never closed", "never closed"),
            ("<meta><meta content><meta property><link><link rel><link rel=icon><base><iframe><p>nothing", ""),
            ("", ""),
        ],
    )
    def test_is_found(self, html: str, title: str) -> None:
        assert read(html).title == title

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("R&amp;D &lt;10 k&Omega;&gt; &quot;x&quot;", 'R&D <10 kΩ> "x"'),
            ("10&nbsp;k&ohm; &plusmn;1&nbsp;% &micro;F", "10 kΩ ±1 % µF"),
            ("caf&eacute &#8211; &#x2014; &#150; &#x80;", "café – — – €"),
            ("&#0;&#1;&#xFFFFFFF;A&#xD800;", "A"),
            ("&unknown; &amp;amp;", "&unknown; &amp;"),
            (" two\n\t  lines\r\n&#10;here ", "two lines here"),
        ],
    )
    def test_has_its_entities_and_white_space_right(self, text: str, title: str) -> None:
        assert read(f"<title>{text}</title>").title.replace("\ufffd", "") == title
        assert read(f"<meta property='og:title' content='{text}'>").title.replace("\ufffd", "") == title


class TestCleanTitle:
    def test_loses_what_cannot_be_seen(self) -> None:
        assert clean_title("a\u202eb\u200bc\ufeffd\x1be\x7f\ue000") == "abcde"
        assert clean_title("क्\u200dष") == "क्\u200dष"

    @pytest.mark.parametrize(
        ("title", "shown"),
        [
            ("x" * 200, "x" * 200),
            ("x" * 201, "x" * 199 + "…"),
            ("word " * 100, ("word " * 40).strip() + "…"),
            ("x" * 190 + " | " + "y" * 50, "x" * 190 + "…"),
            ("e\u0301" * 150, "e\u0301" * 99 + "…"),
        ],
        ids=["200 characters", "201", "between words", "without the separator", "not before an accent"],
    )
    def test_is_cut_where_it_does_not_hurt(self, title: str, shown: str) -> None:
        assert clean_title(title) == shown


class TestPictures:
    def test_are_those_for_networks_and_then_the_largest_icon(self) -> None:
        html = """
            <link rel="icon" href="/16.png" sizes="16x16">
            <link rel="shortcut icon" href="/favicon.ico">
            <link rel="ICON" href="/many.png" sizes="32x32 96x96">
            <link rel="apple-touch-icon" href="/touch.png">
            <link rel="icon" href="/any.svg" type="image/svg+xml" sizes="any">
            <link rel="stylesheet" href="/style.css">
            <meta name="twitter:image" content="/twitter.png">
            <meta property="og:image" content="photo.jpg">
            <meta property="og:image:secure_url" content="https://cdn.test/photo.jpg">
            <meta property="og:image" content="">
        """
        assert read(html).pictures == [
            "https://shop.test/products/photo.jpg",
            "https://cdn.test/photo.jpg",
            "https://shop.test/twitter.png",
            "https://shop.test/touch.png",
            "https://shop.test/many.png",
            "https://shop.test/16.png",
            "https://shop.test/favicon.ico",
        ]

    @pytest.mark.parametrize(
        ("reference", "address"),
        [
            ("//cdn.test/a.png", "https://cdn.test/a.png"),
            ("../a.png", "https://shop.test/a.png"),
            ("?image=1&amp;size=2", "https://shop.test/products/ne555?image=1&size=2"),
            (" /a b.png\n", "https://shop.test/a b.png"),
        ],
    )
    def test_have_their_addresses_resolved(self, reference: str, address: str) -> None:
        assert read(f'<meta property="og:image" content="{reference}">').pictures == [address]

    def test_are_relative_to_the_base_of_the_page(self) -> None:
        html = '<base href="/static/"><base href="/wrong/"><meta property="og:image" content="a.png">'
        assert read(html).pictures == ["https://shop.test/static/a.png"]

    def test_with_an_address_that_is_none_are_left_out(self) -> None:
        assert read('<base href="http://["><meta property="og:image" content="http://[x">').pictures == []

    def test_are_found_where_older_pages_and_search_engines_have_them(self) -> None:
        html = """
            <link rel="icon" href="/icon.png">
            <link rel="image_src" href="/source.jpg">
            <img itemprop="image" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
            <img itemprop="thumbnail image" src="/shown.jpg">
            <meta itemprop="image" content="/meta.jpg">
            <link itemprop="image" href="/link.jpg">
            <img itemprop="imageless" src="/no.jpg">
            <meta name="twitter:image" content="/twitter.png">
        """
        names = ["twitter.png", "source.jpg", "shown.jpg", "meta.jpg", "link.jpg", "icon.png"]
        assert read(html).pictures == [f"https://shop.test/{name}" for name in names]


class TestRefresh:
    @pytest.mark.parametrize(
        ("content", "url"),
        [
            ("0;url=/next", "https://shop.test/next"),
            ("0; URL='/next?a=1'", "https://shop.test/next?a=1"),
            ('5 ; url = "next" and more', "https://shop.test/products/next"),
            ("3,/next", "https://shop.test/next"),
            ("0.5 https://www.shop.test/", "https://www.shop.test/"),
            ("10;url=//cdn.test/", "https://cdn.test/"),
            ("11;url=/login", ""),
            ("1800;url=/logout", ""),
            ("300", ""),
            ("0", ""),
            ("0;url=", ""),
            ("0;url=/products/ne555#top", ""),
            ("0;url=javascript:alert(1)", ""),
            ("0;url=market://details", ""),
            ("0;url=http://[", ""),
            ("x;url=/next", ""),
            ("", ""),
        ],
    )
    def test_is_followed_soon_and_elsewhere(self, content: str, url: str) -> None:
        escaped = content.replace('"', "&quot;")
        assert read(f'<meta http-equiv="Refresh" content="{escaped}">').refresh == url

    def test_of_browsers_without_scripts_is_not(self) -> None:
        html = '<noscript><meta http-equiv="refresh" content="0;url=/nojs"></noscript>'
        assert read(html).refresh == ""
        assert read(html + '<meta http-equiv="refresh" content="0;url=/next">').refresh == "https://shop.test/next"


class TestFrames:
    def test_are_found_in_every_element_that_shows_another_page(self) -> None:
        html = '<iframe src="a.pdf"></iframe><embed src="/b.pdf"><object data="c.pdf"></object><iframe></iframe>'
        assert read(html).frames == [
            "https://shop.test/products/a.pdf",
            "https://shop.test/b.pdf",
            "https://shop.test/products/c.pdf",
        ]


class TestHostilePage:
    """Two megabytes each, of what has brought parsers down. The title before it is still found."""

    @pytest.mark.parametrize(
        "piece",
        [
            *("<div>", "<b><p>", "<table><tr><td>", "<svg><g>", "<select><option>", "<!--", "<!", "<?", "<![CDATA["),
            *("</", "</p>", "&", "&#", "&#x110000;", "&CounterClockwiseContourIntegral;", "<title>"),
            *("<script><!--<script>", "<textarea></textarea", '<meta content="', "<meta charset="),
            *("<meta property=og:image content=x>", "<link rel=icon sizes=99999999999999999999x1 href=x>"),
            *("<iframe src=x>", "<a " + "b=1 " * 60 + ">", "\0", "\u202e"),
        ],
    )
    def test_does_no_harm(self, piece: str) -> None:
        html = "<html><head><title>A page</title></head>" + piece * (SIZE // len(piece))
        page = read(html)
        assert page.title == "A page"
        assert len(page.pictures) <= 150

    def test_of_one_tag_with_many_attributes_does_no_harm(self) -> None:
        attributes = " ".join(f"a{number}=1" for number in range(SIZE // 10))
        assert read(f"<title>A page</title><p {attributes}>").title == "A page"

    @pytest.mark.parametrize("tag", ["title", "meta property=og:title content"])
    def test_of_one_endless_title_is_cut(self, tag: str) -> None:
        html = f"<title>{'x' * SIZE}</title>" if tag == "title" else f"<{tag}='{'x' * SIZE}'>"
        assert read(html).title == "x" * 199 + "…"

    def test_of_nothing_but_noise_is_an_empty_page(self) -> None:
        assert read(bytes(range(256)) * 1000).title == ""

    def test_ends_with_the_time(self) -> None:
        deadline = Deadline(0)
        with pytest.raises(CannotFetchError):
            read_page(b"<title>A</title>", "", asked="", url="http://shop.test/", deadline=deadline)

    @given(st.binary(), st.text(max_size=20))
    def test_of_anything_is_read(self, data: bytes, charset: str) -> None:
        page = read_page(
            b"<meta property=og:title content='" + data + b"'>" + data,
            charset,
            asked="http://shop.test/",
            url="http://shop.test/",
            deadline=Deadline(60),
        )
        assert len(page.title) <= 200
