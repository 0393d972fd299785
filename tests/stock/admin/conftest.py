"""Staff before the admin, without a browser."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def chief(superuser: User, static_files: None) -> Client:
    """Somebody who may do everything."""
    client = Client()
    client.force_login(superuser)
    return client


@pytest.fixture
def staff(static_files: None, db: None) -> Callable[..., Client]:
    """Somebody with these permissions."""

    def make(*codenames: str) -> Client:
        user = User.objects.create_user("somebody", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return make
