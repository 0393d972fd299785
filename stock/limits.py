"""The limits of quantities and boxes."""

# Pieces in one place, in one movement, in a minimum.
MAX_QUANTITY = 1_000_000_000
# Places of one box.
MAX_CAPACITY = 1000
# What the database holds as the number of a box.
MAX_NUMBER = 2**31 - 1
