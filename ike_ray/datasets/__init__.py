"""Benchmarks as their authors publish them: one file a dataset, with its folders and its odd rules.

In comes the root folder and a split, out come its sequences: where their frames and their truth are and which frames count;
also clips drawn here, with exact masks. An image is a sequence of one frame. What does not belong here: how a score is
computed.
"""
