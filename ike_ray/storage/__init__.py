"""Bytes: everything that opens a path or a URI, except the frames of videos, which `video` decodes.

In come paths and URIs that fsspec knows; out go bytes. Writes are atomic: each file is written under a temporary name first,
and then renamed. What does not belong here: what the bytes mean, and what the folder of a run looks like, which `run` knows.
"""
