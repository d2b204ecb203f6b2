"""The motion network: which pixels move by themselves, told from flow by a network that learned from drawn clips.

Flow between neighbouring frames or frames further apart, chains and frames of a window come in, and one probability for each
node goes out. The network has seen no photograph and no label of a person: its clips are drawn (`drawn`), so that their masks
are exact, and its weights are in this package. It is not in IKE, whose graph starts from the flow itself. Drawing, estimating
flow, and what the graph makes of the cue do not belong here.
"""
