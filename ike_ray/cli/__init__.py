"""The command line. A command reads arguments, calls one library function, and prints what came of it.

This is the only package, with `jobs/`, that prints, exits or reads arguments. Nothing worth importing belongs here.
"""
