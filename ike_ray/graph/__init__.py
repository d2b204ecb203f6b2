"""The space-time graph: one node a pixel of the whole video, the object where nodes and their chains agree that it moves.

In come frames, flow and cues, out comes a soft mask a frame. `solve` has the default, `graph.method=walk`: the motion cue
averaged along chains; the matrix is never formed, `ChainWalk.average` multiplies by its rows divided by their sums. The
package `published` has the graph module of IKE (Haller, Florea, Leordeanu, TPAMI 2022), `graph.method=power`. What does not
belong here: networks, cycles, thresholds.
"""
