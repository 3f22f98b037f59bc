"""Sweeps: from a file to cells on disk, resumed where they stopped; the shipped sweep lies here too."""
