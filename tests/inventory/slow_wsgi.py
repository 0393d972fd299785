"""The server's application, whose import takes as long as on a small machine under load."""

import time

time.sleep(6.0)

from inventory.wsgi import application  # noqa: E402

__all__ = ["application"]
