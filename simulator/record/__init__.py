"""Norms of the gradients of somebody's training loop: ``watch`` around the loop, ``probe`` for exact gradients."""
