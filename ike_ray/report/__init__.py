"""The report: one HTML page that shows what a run found.

In comes a run folder, out comes a self-contained page. What does not belong here: anything that computes masks or scores.
"""
