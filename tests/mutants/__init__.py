"""Bugs planted one at a time: which test sees each, and whether the quick sweep's verdicts do (``make mutants``)."""
