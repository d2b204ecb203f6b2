"""`python -m ike_ray.cli`, the form of `ike-ray` that needs no installed script: what a submitted job runs."""

from ike_ray.cli.app import main

main()
