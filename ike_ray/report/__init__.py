"""What a run's folder tells: one HTML page that shows what it found, and how far it is.

In comes a run folder, out come a self-contained page and a status. What does not belong here: anything that computes masks
or scores.
"""
