"""Bytes: everything that opens a path or a URI, except the frames of videos, which `video` decodes.

Paths and URIs that fsspec knows come in, and bytes go out. Writes are atomic: each file is written under a temporary name
first, and then renamed. What the bytes mean, and what the folder of a run looks like, which `run` knows, do not belong
here.
"""
