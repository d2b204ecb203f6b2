"""The space-time graph has a node for each pixel of the video. The object is where they agree on motion.

Frames, flow and cues come in, and a soft mask for each frame goes out. `solve` has the default, `graph.method=walk`, which
averages the motion cue along chains. The matrix is never formed: `ChainWalk.average` multiplies by its rows, divided by their
sums. The package `published` has the graph module of IKE (Haller, Florea, Leordeanu, TPAMI 2022), `graph.method=power`.
Networks, cycles and thresholds do not belong here.
"""
