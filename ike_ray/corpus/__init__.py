"""The jobs over a corpus, one file each: what a job is made of, and nothing of how it is carried.

Video references, a run's folder and settings come in. The engine carries them, and each becomes one outcome row. The part of
a job that its processes run is in a second file, where the actors must not import it. How one video is segmented, pools,
limits and tries do not belong here.
"""
