"""Any job over any list of items: a pool of workers on Ray, each with a process of its own, limits and tries.

A job and its items come in, outcomes come out. What does not belong here: what a job does with an item, where videos come
from, how a picture is made. No module here imports a job.
"""
