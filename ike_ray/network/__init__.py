"""The network that learns one video from the graph's soft masks, from scratch, and answers with its own.

Frames, soft masks and `NetworkConfig` come in, and soft masks go out, as in IKE, section on the network module. The network
sees single frames, so what it adds is appearance. Motion, cycles and thresholds do not belong here.
"""
