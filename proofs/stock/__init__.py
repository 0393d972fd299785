"""Proof that stock is true: random operations by many writers, some of which are killed, and what must hold then.

Run by `tests/stock/test_proofs.py`, briefly in the ordinary tests and at length by `make torture`.
"""
