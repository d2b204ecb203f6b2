"""Any job over any list of items: a pool of workers on Ray, each with a process of its own, limits and tries.

A job and its items come in, and outcomes go out. What a job does with an item, where videos come from and how a picture is
made do not belong here. No module here imports a job.
"""
