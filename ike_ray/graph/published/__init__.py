"""The published graph module, `graph.method=power`, which finds the object as the main cluster of the space-time graph.

Flow and, from the second cycle on, a cue come in, and a soft mask for each frame goes out. The package follows the sections
on the graph module of IKE (Haller, Florea, Leordeanu, TPAMI 2022): chains, links, node features, and power iteration with
projection. The rest of the program imports `power_iteration` and nothing else from here. `SpaceTimeGraph.propagate`
multiplies by the graph's matrix, which is never formed. The witnesses and the averaging along chains of `graph.method=walk`
do not belong here.
"""
