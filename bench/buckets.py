"""Contents of a bucket: what nginx sends itself, beside what goes through Python (docs/nginx.conf)."""

import random
import secrets
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from bench.clients import Request, ask
from bench.results import Figure
from bench.server import serving
from cas.signing import content_url
from cas.storage import S3CASStorage
from cas.storage.staging import stage_chunks
from tests.backends import start_rclone
from tests.plugins.nginx import NGINX, nginx

_BUCKET = "bench"
_ROUNDS = 5
_CLIENTS = 8
# Bytes of a content, and how often each client asks for it.
_SIZES = {"300 KB": (300_000, 25), "5 MB": (5_000_000, 4)}


def measure() -> Iterator[Figure]:
    """Requests per second of 8 clients, through the same nginx; nothing where there is no nginx."""
    if NGINX is None:
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        (folder / "s3" / _BUCKET).mkdir(parents=True)
        key, secret = secrets.token_hex(8), secrets.token_hex(16)
        endpoint, stop = start_rclone(folder / "s3", key, secret)
        stack.callback(stop)
        store = S3CASStorage(
            staging_dir=folder / "staging",
            bucket_name=_BUCKET,
            endpoint_url=endpoint,
            access_key=key,
            secret_key=secret,
            region_name="us-east-1",
        )
        variables = {
            "AWS_STORAGE_BUCKET_NAME": _BUCKET,
            "AWS_S3_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_S3_REGION_NAME": "us-east-1",
        }
        ports = []
        for name, more in (("python", {}), ("nginx", {"CAS_ACCEL_REDIRECT": "/internal/s3/"})):
            server = stack.enter_context(serving(**variables, **more))
            (folder / name).mkdir()
            ports.append(stack.enter_context(nginx(folder / name, web=server.port, store=urlsplit(endpoint).netloc)))
        for name, (size, times) in _SIZES.items():
            yield _rate(name, _keep(store, random.Random(size).randbytes(size)), times, *ports)


def _keep(store: S3CASStorage, data: bytes) -> Request:
    staged = stage_chunks(store.staging_dir, [data])
    store.publish(staged)
    staged.close()
    return Request(content_url(staged.digest, "application/pdf", "x.pdf"))


def _rate(name: str, request: Request, times: int, by_python: int, by_nginx: int) -> Figure:
    rates: dict[int, list[float]] = {by_python: [], by_nginx: []}
    for port in rates:
        ask(port, request, 2, clients=_CLIENTS)
    for _ in range(_ROUNDS):
        for port, values in rates.items():
            values.append(_CLIENTS * times / ask(port, request, times, clients=_CLIENTS))
    return Figure(
        f"{name} from a bucket: requests/s of {_CLIENTS} clients",
        statistics.median(rates[by_nginx]),
        "/s",
        statistics.median(rates[by_python]),
        "through Python",
        1.4,
        at_least=True,
    )
