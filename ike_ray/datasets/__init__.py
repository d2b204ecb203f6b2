"""Benchmarks as their authors publish them: one file for each dataset, with its folders and its odd rules.

The root folder and a split come in, and the split's sequences go out: where their frames and their truth are, and which
frames count. An image is a sequence of one frame. The package also draws clips with exact masks. How a score is computed does
not belong here.
"""
