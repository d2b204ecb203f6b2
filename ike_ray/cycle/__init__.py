"""One window: witnesses tell the graph where to begin, and cycles, if asked for, let graph and network teach each other.

Frames, flow and the settings come in. One soft mask for each frame comes out, with the history of how it came about. The
source is IKE, section on the cycles. What does not belong here: how graph and network work, files, and videos that are longer
than one graph (`windows`).
"""
