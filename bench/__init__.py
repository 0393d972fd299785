"""Speed and memory, each figure beside its reference in the same run: `make bench`."""
