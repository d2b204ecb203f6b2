"""The published graph module, `graph.method=power`: the object as the main cluster of the space-time graph.

In come flow and, from the second time on, a cue, out comes a soft mask a frame. IKE (Haller, Florea, Leordeanu, TPAMI 2022),
sections on the graph module: chains, links, node features, power iteration with projection. The rest of the program imports
`power_iteration` and nothing else from here; `SpaceTimeGraph.propagate` multiplies by the graph's matrix, which is never
formed. What does not belong here: witnesses and the averaging along chains of `graph.method=walk`.
"""
