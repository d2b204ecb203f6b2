"""Bytes: everything that opens a path or a URI, except the frames of videos, which `video` decodes.

In come paths, URIs that fsspec knows, and rows; out go bytes and Parquet tables. Writes are atomic: under a temporary
name first, then renamed. What does not belong here: what the bytes mean.
"""
