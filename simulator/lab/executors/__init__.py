"""Who computes cells: ``protocol`` says what an executor is, a file each is one, ``place`` finds it by its name."""
