"""Run the spectral job by `ray job submit`, with the same arguments as `ike-ray spectral`.

ray job submit --working-dir . -- python jobs/spectral.py INPUT --out RUN --config spectral
"""

import sys

from ike_ray.cli.app import main

if __name__ == "__main__":
    main(["spectral", *sys.argv[1:]])
