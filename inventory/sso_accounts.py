"""The account of somebody whom the provider of the single sign-on has named."""

import re
import secrets
from collections.abc import Mapping
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from core.errors import NotAllowedError
from inventory.models import SingleSignOnIdentity

_NAME_LENGTH = 140


class NotInvitedError(NotAllowedError):
    """None of the person's groups may log in here."""

    def __init__(self) -> None:
        super().__init__("Your account may not be used here; ask whoever runs this server.")


class ClosedError(NotAllowedError):
    """The account was deactivated here."""

    code = "account_closed"

    def __init__(self) -> None:
        super().__init__("This account is closed; ask whoever runs this server.")


class ForeignAnswerError(NotAllowedError):
    """The person said no there, or comes back from a way that did not begin here."""

    code = "single_sign_on_failed"

    def __init__(self) -> None:
        super().__init__("The login did not succeed; begin it once more.")


def account(claims: Mapping[str, Any]) -> User:
    """The user with these claims, made at the first login; groups and rights follow the claims at each.

    Nobody gets an account that was here before because of a name or a mail address. Raises NotInvitedError and
    ClosedError.
    """
    groups = _groups(claims)
    if groups is None and (settings.OIDC_STAFF_GROUPS or settings.OIDC_ADMIN_GROUPS):
        # Some providers leave the claim out for a person without groups. Rights that come from groups go with them.
        groups = set()
    if settings.OIDC_ALLOWED_GROUPS and not (groups or set()).intersection(settings.OIDC_ALLOWED_GROUPS):
        raise NotInvitedError
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    with transaction.atomic():
        user = _known(issuer, subject) or _made(issuer, subject, claims)
        if not user.is_active:
            raise ClosedError
        _refresh(user, claims, groups)
    return user


def _known(issuer: str, subject: str) -> User | None:
    return User.objects.filter(
        pk__in=SingleSignOnIdentity.objects.filter(issuer=issuer, subject=subject).values("user")
    ).first()


def _made(issuer: str, subject: str, claims: Mapping[str, Any]) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create_user(_free_name(claims))
            SingleSignOnIdentity.objects.create(user=user, issuer=issuer, subject=subject)
    except IntegrityError:
        # The same person in another tab, or another one with the same name, was first.
        return _known(issuer, subject) or _made(issuer, subject, claims)
    return user


def _free_name(claims: Mapping[str, Any]) -> str:
    # As `create_user` stores it.
    wanted = User.normalize_username(str(claims.get("preferred_username") or claims.get("email") or ""))
    wanted = re.sub(r"[^\w.@+-]", "", wanted)[:_NAME_LENGTH] or f"user-{secrets.token_hex(4)}"
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
    return next(name for name in names if not User.objects.filter(username__iexact=name).exists())


def _refresh(user: User, claims: Mapping[str, Any], groups: set[str] | None) -> None:
    user.first_name = str(claims.get("given_name") or "")[:150]
    user.last_name = str(claims.get("family_name") or "")[:150]
    user.email = str(claims.get("email") or "")[:254]
    if groups is not None:
        if settings.OIDC_ADMIN_GROUPS:
            user.is_superuser = not groups.isdisjoint(settings.OIDC_ADMIN_GROUPS)
        if settings.OIDC_STAFF_GROUPS or settings.OIDC_ADMIN_GROUPS:
            user.is_staff = not groups.isdisjoint({*settings.OIDC_STAFF_GROUPS, *settings.OIDC_ADMIN_GROUPS})
        user.groups.set(Group.objects.filter(name__in=groups))
    user.save()


def _groups(claims: Mapping[str, Any]) -> set[str] | None:
    """The names of the person's groups; None when the provider says nothing of groups."""
    told = claims.get(settings.OIDC_GROUPS_CLAIM)
    if told is None:
        return None
    return {str(name) for name in told} if isinstance(told, list) else {str(told)}
