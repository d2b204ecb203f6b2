"""What a run holds: the layout of its folder, the columns of its tables, and all that is written while it goes on.

Outcomes, masks and frames of videos come in. Rows, pictures and notes go into the run's folder, and come back as records and
tables. A video that is done puts its rows into the inbox, and one process at a time, the one that has the lease, packs the
inbox into parts. How bytes reach a path or a URI, which `storage` knows, how masks are found, and what is made from a
finished run, which `export`, `report` and `evaluate` do, do not belong here.
"""
