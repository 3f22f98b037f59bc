"""The commands, one file each: ``HELP`` (a line), ``EPILOG``, ``arguments(parser)`` and ``execute(args)``,
which returns the exit code. What is slow to import is imported inside ``execute``.
"""
