"""The zoo: every shipped theorem verified on its own grid, and the pages that say what was found.

``python -m tests.zoo`` (``make zoo``) writes docs/zoo.md and docs/zoo/; an interrupted run goes on where it was.
"""
