"""A package, so that an installed package that is also called ``tests`` is not found in its place."""
