"""The space-time graph: one node a pixel of the whole video, the object as its main cluster.

In come frames, flow and cues, out comes a soft mask a frame. IKE (Haller, Florea, Leordeanu, TPAMI 2022), sections on the
graph module: chains, links, node features, power iteration with projection; beyond them, the motion cue averaged along
chains. The matrix is never formed: `SpaceTimeGraph.propagate` multiplies by it, `ChainWalk.average` by its rows divided by
their sums. What does not belong here: networks, cycles, cuts.
"""
