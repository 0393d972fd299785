"""Certificates: those of the name that was asked for, from an authority that the system trusts."""

import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from attachments.fetching.connections import tls_context
from tests.attachments.fetching.conftest import Paste
from tests.plugins.files import pdf
from tests.plugins.web import Exchange, Web, listening

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Makes certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    folder: Path

    @classmethod
    def new(cls, folder: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
        builder = _builder(name, name, key, NOW + DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
        subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = builder.add_extension(subject, critical=False).sign(key, hashes.SHA256())
        (folder / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(key, certificate, folder)

    def context(self, *names: str, until: dt.datetime = NOW + DAY) -> ssl.SSLContext:
        """What a server with such a certificate needs."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test server")])
        builder = _builder(subject, self.certificate.subject, key, until)
        general = [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = builder.add_extension(issuer, critical=False).sign(self.key, hashes.SHA256())
        chain = self.folder / "server.pem"
        chain.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: dt.datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - 9 * DAY).not_valid_after(until)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """One that nobody trusts."""
    return Authority.new(tmp_path)


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """One that the system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.folder / "authority.pem"))
    tls_context.cache_clear()
    yield authority
    tls_context.cache_clear()


@pytest.fixture
def secure(web: Web) -> Iterator[Callable[[ssl.SSLContext], int]]:
    """Start a server that speaks TLS; its port."""
    web.names |= {"shop.test": ["127.0.0.1"], "evil.test": ["127.0.0.1"]}
    servers = []

    def start(context: ssl.SSLContext) -> int:
        server = listening(web, context)
        servers.append(server)
        return server.__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


Secure = Callable[[ssl.SSLContext], int]


class TestCertificate:
    def test_of_the_right_name_is_good(self, paste: Paste, web: Web, trusted: Authority, secure: Secure) -> None:
        asked: list[str | None] = []
        context = trusted.context("shop.test")
        context.sni_callback = lambda _, name, __: asked.append(name)
        web.serve("/a.pdf", pdf(), "application/pdf")
        port = secure(context)
        body = paste(f"https://shop.test:{port}/a.pdf")
        assert (body["attachment_type"], body["file_size"]) == ("pdf", len(pdf()))
        assert asked == ["shop.test"]
        assert web.requests[0].headers["Host"] == f"shop.test:{port}"

    def test_of_an_address_is_good_for_that_address(
        self, paste: Paste, web: Web, trusted: Authority, secure: Secure
    ) -> None:
        web.serve("/", "<title>Shop</title>")
        assert paste(f"https://127.0.0.1:{secure(trusted.context('127.0.0.1'))}/")["title"] == "Shop"

    @pytest.mark.parametrize("names", [["evil.test"], ["127.0.0.1"], ["test"], ["shop.test.evil.test"]])
    def test_of_another_name_is_refused(
        self, paste: Paste, web: Web, trusted: Authority, secure: Secure, names: list[str]
    ) -> None:
        reason = paste.refused(f"https://shop.test:{secure(trusted.context(*names))}/")
        assert "Hostname mismatch" in reason
        assert web.requests == []

    def test_out_of_date_is_refused(self, paste: Paste, web: Web, trusted: Authority, secure: Secure) -> None:
        reason = paste.refused(f"https://shop.test:{secure(trusted.context('shop.test', until=NOW - DAY))}/")
        assert "certificate has expired" in reason

    def test_of_an_unknown_authority_is_refused(
        self, paste: Paste, web: Web, authority: Authority, secure: Secure
    ) -> None:
        reason = paste.refused(f"https://shop.test:{secure(authority.context('shop.test'))}/")
        assert "CERTIFICATE_VERIFY_FAILED" in reason
        assert web.requests == []


class TestDeadline:
    def test_ends_a_dripping_body(
        self, paste: Paste, web: Web, trusted: Authority, secure: Secure, settings: Any
    ) -> None:
        settings.FETCH_SECONDS = 0.5

        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="text/html")
            exchange.drip(b"x")

        web.route("/", answer)
        assert paste.refused(f"https://shop.test:{secure(trusted.context('shop.test'))}/") == "the time is up"
        assert not web.was_heard_out
