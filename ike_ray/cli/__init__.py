"""The command line: reads arguments, calls one library function, prints what came of it.

The only package, with `jobs/`, that prints, exits or reads arguments. What does not belong here: anything worth importing.
"""
