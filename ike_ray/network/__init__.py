"""The network that learns one video from the graph's soft masks, from scratch, and answers with its own.

In come frames, soft masks and `NetworkConfig`; out come soft masks. IKE, section on the network module. The network sees
single frames: what it adds is appearance. What does not belong here: motion, cycles, thresholds.
"""
