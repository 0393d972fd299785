"""Who somebody is at the provider of a single sign-on."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class SingleSignOnIdentity(models.Model):
    """An account as its provider knows it. The name and the mail there may change, and may be somebody else's later."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)

    class Meta:
        verbose_name = "single sign-on identity"
        verbose_name_plural = "single sign-on identities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="single_sign_on_identity_unique")
        ]

    def __str__(self) -> str:
        return self.subject
