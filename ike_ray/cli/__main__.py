"""`python -m ike_ray.cli`, the form of `ike-ray` that needs no installed script. A submitted job runs it."""

from ike_ray.cli.app import main

main()
