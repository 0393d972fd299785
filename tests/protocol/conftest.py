"""Which proofs run where: the model needs no backend, so one run is enough; row locks are PostgreSQL's alone."""

import os

collect_ignore = ["test_model.py"] if os.environ.get("TEST_BACKEND") == "servers" else ["interleavings"]
