"""The version of the program, which rows, run folders and models carry."""

__version__ = "0.1.0"
