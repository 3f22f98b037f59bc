"""The judge on populations of random settings: how often it convicts what is true and acquits what is false.

``make calibrate`` (``python -m tests.calibrate``) runs it and writes the tables of docs/judge.md.
"""
