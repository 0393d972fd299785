"""The WSGI application that gunicorn serves."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inventory.settings")


class Utf8Request(WSGIRequest):
    """Text is UTF-8, whatever the client calls it.

    Django takes any codec of Python that the client names: it fails at "hex" before it can answer.
    """

    @property
    def encoding(self) -> None:
        """None stands for the default, UTF-8."""

    @encoding.setter
    def encoding(self, value: str) -> None:
        """Ignore the client's charset."""


class Handler(WSGIHandler):
    """Django's handler with `Utf8Request`."""

    request_class = Utf8Request


try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    sys.exit(f"The configuration is wrong: {error}")
application = Handler()
