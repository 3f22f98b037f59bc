"""The machine: specs and cells, engines, sweeps, the judge and the report. ``problems`` is the mathematics."""
