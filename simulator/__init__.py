"""The machine: specs and cells, engines, sweeps, the judge and the report. ``problems`` is the mathematics."""

if __name__ == "simulator":  # by the folder's own name: the modules of ratecheck.simulator, not a second copy of them
    import sys
    from importlib import import_module
    from pathlib import Path

    if "ratecheck" not in sys.modules:
        _root = Path(__file__).parents[1]
        sys.path[:0] = [str(_root / "simulator"), str(_root)]  # where a clone has it, and where an installation has
        import_module("ratecheck")
        del sys.path[:2]
    import_module("ratecheck.names").share("simulator")
