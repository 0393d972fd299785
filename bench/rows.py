"""The cases of `writes` that are about rows: a part, a set, an attachment."""

from collections.abc import Iterator

from bench.site import Case, Site


def cases(site: Site) -> Iterator[Case]:
    """Each beside an empty view."""
    yield Case("a part: create", site.new_part, 4)
