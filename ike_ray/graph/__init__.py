"""The space-time graph: one node a pixel of the whole video, the object as its main cluster.

In come flow and, from the second cycle on, cues; out comes a soft mask a frame. IKE (Haller, Florea, Leordeanu, TPAMI
2022), sections on the graph module: chains, links, node features, power iteration with projection. The matrix is never
formed: `SpaceTimeGraph.propagate` multiplies by it. What does not belong here: networks, cycles, cuts.
"""
