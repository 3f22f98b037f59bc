"""What a cell is: its description as plain data, its constants, what is measured of it, and the evidence."""
