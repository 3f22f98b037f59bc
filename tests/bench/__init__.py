"""``make bench``: the CPU engine timed side by side with what else one would use, on the same workloads."""
