"""What is counted about searches. How large the index is, is counted rarely, by whoever serves `/metrics`."""

from prometheus_client import Counter

SEARCHES = Counter("search_total", "Searches for rows of a kind that found something, or nothing.", ["kind", "result"])
