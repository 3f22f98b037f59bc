"""``make gpu-check``: whether a card gives the CPU engine's numbers, how fast it is, and the runs that need one."""
