"""The formula language and its compilers: scalar Python functions as NumPy, Numba and CUDA C code."""

from .formula import Formula, FormulaError

__all__ = ["Formula", "FormulaError"]
