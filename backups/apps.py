"""Copies of the whole site: database, contents and keys in a folder or bucket, taken, rehearsed and restored."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "backups"
