"""The masks of a finished run in the forms that other tools take.

In come the videos of a run with their frame rows; out go PNG trees, JSON files, videos and cut-outs. What does not belong
here: finding masks, what is written while a run goes on, which `run` does, and the report's page.
"""
