"""The server's application, whose import takes until the test lets it go on."""

import os
import time
from pathlib import Path

while not Path(os.environ["MAY_IMPORT"]).exists():
    time.sleep(0.05)

from inventory.wsgi import application  # noqa: E402

__all__ = ["application"]
