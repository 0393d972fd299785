"""What the zygote says about a child, through the socket of its job."""

import struct

STARTED = b"S"
# At the end: wait status, peak memory in kilobytes, processor time in milliseconds.
ENDED = struct.Struct("=iqq")
