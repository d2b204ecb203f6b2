"""Scores of systems on a dataset, by its protocol.

Runs, or folders of PNG files of any system, and an annotated dataset come in. Scores of each frame, sequence and class and of
all go out, with intervals, as tables and files. The truth is read only after the masks are final. How a score is computed,
which `metrics` knows, and which frames count, which `datasets` knows, do not belong here.
"""
