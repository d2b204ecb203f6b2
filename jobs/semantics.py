"""Find names for the regions of a run by `ray job submit`, with the same arguments as `ike-ray semantics`.

ray job submit --working-dir . -- python jobs/semantics.py RUN --set clusters.num_clusters=20
"""

import sys

from ike_ray.cli.app import main

if __name__ == "__main__":
    main(["semantics", *sys.argv[1:]])
