"""What a run's folder tells: one HTML page that shows what the run found, and how far the run is.

A run folder comes in, and a self-contained page and a status go out. What computes masks or scores does not belong here.
"""
