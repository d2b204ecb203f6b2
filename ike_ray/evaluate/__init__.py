"""Scores of systems on a dataset, by its protocol.

In come runs, or folders of PNG files of any system, and an annotated dataset; out come scores of each frame, sequence and
class and of all, with intervals, as tables and files. The truth is read only after the masks are final. What does not belong
here: how a score is computed, which `metrics` knows, and which frames count, which `datasets` knows.
"""
