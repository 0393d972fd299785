"""British English, as `LANGUAGE_CODE`."""

# T is the zone's abbreviation: people elsewhere, and those who read a log in UTC, have to know it.
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i T"
