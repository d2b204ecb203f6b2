"""The masks of a finished run in the forms that other tools take.

The videos of a run with their frame rows come in. PNG trees, JSON files, videos and cut-outs go out. How masks are found,
what is written while a run goes on, which `run` does, and the report's page do not belong here.
"""
