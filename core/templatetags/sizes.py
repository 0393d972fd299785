"""`{% load sizes %}`: the one way in which templates show a number of bytes."""

from django import template

from core import sizes

register = template.Library()


@register.filter
def human_size(size: int | str) -> str:
    """The number for people; blank where there is none, as a stored report may lack one."""
    return sizes.human_size(size) if isinstance(size, int) else ""
