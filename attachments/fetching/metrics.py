"""What is counted about fetching."""

from prometheus_client import Counter, Histogram

LINKS_FETCHED = Counter("link_fetches_total", "Links looked at.", ["result"])
FETCH_SECONDS = Histogram("link_fetch_duration_seconds", "From the address to what it leads to, or to giving up.")
