"""Run the main job by `ray job submit`, with the same arguments as `ike-ray segment`.

ray job submit --working-dir . -- python jobs/segment.py INPUT --out RUN --config fast
"""

import sys

from ike_ray.cli.app import main

if __name__ == "__main__":
    main(["segment", *sys.argv[1:]])
