"""What ``import ratecheck`` offers as calls: the command line's verify, sweep, run and judge, from Python."""
