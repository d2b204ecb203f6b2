"""One window: witnesses tell the graph where to begin, and cycles, if asked for, let graph and network teach each other.

In come frames, flow and the settings, out comes one soft mask a frame with the history of how it came about. IKE, section
on the cycles. What does not belong here: how graph and network work, files, videos longer than one graph (`windows`).
"""
