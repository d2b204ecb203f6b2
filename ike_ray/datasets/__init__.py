"""Benchmarks as their authors publish them: one file a dataset, with its folders and its odd rules.

In comes the root folder and a split, out come its sequences with where their true masks are and which frames count; also
clips drawn here, with exact masks. What does not belong here: how a score is computed.
"""
