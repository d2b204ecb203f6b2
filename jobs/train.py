"""Train a student by `ray job submit`, with the same arguments as `ike-ray train`.

ray job submit --working-dir . -- python jobs/train.py RUN --out MODEL --config student
"""

import sys

from ike_ray.cli.app import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
