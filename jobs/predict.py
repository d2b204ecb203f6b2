"""Run a student on a corpus by `ray job submit`, with the same arguments as `ike-ray predict`.

ray job submit --working-dir . -- python jobs/predict.py INPUT --model MODEL --out RUN
"""

import sys

from ike_ray.cli.app import main

if __name__ == "__main__":
    main(["predict", *sys.argv[1:]])
