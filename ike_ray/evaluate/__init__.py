"""Scores of systems on a dataset, by its protocol: one module a protocol, one function that chooses.

In come runs, or any systems' folders of PNG files, and an annotated dataset; out come scores a frame, a sequence, a class and
in all, with intervals, as tables and files. The truth is read only after the masks are final. What does not belong here: how
a score is computed (`metrics`), which frames count (`datasets`).
"""
