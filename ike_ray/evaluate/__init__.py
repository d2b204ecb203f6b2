"""Scores of a system's masks on a dataset.

In come a run, or any system's folder of PNG masks, and an annotated dataset; out come scores a frame, a sequence and in
all. The truth is read only after the masks are final. What does not belong here: how a score is computed.
"""
