"""A verdict as words, HTML, LaTeX and a figure. Nothing heavy is imported before a figure is asked for."""
