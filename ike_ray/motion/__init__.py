"""The motion network: which pixels move by themselves, told from flow by a network that learned from drawn clips.

Flow, chains and frames of a window come in, one probability a node comes out. The network has seen no photograph and no label
of a person: its clips are drawn (`drawn`), so that their masks are exact, and its weights are in this package. Not in IKE,
whose graph starts from the flow itself. What does not belong here: drawing, estimating flow, what the graph makes of the cue.
"""
