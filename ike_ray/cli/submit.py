"""`ike-ray submit`: a job that fills a run's folder, on a cluster."""

import os
import sys
from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.settings import ConfigOption, JobOption, RetryOption, SetOption
from ike_ray.corpus.jobs import choose_job
from ike_ray.corpus.submit import (
    JobEnd,
    JobServer,
    build_follow_command,
    build_stop_command,
    build_submission,
    is_this_machine,
)
from ike_ray.errors import ConfigError
from ike_ray.settings_file import read_settings_file

# Ray lets these override the address that it is given.
_OVERRIDING = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")


def submit(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="As for the job's own command, as the cluster's nodes see it.")
    ],
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="The run folder, as the nodes see it: s3://bucket/run.")],
    address: Annotated[
        str, typer.Option("--address", help="The job server: the dashboard's address of the cluster's head.")
    ] = "http://127.0.0.1:8265",
    job_name: JobOption = "segment",
    config_file: ConfigOption = None,
    changes: SetOption = None,
    retry_failed: RetryOption = False,
) -> None:
    """Run `ike-ray segment`, or `ike-ray JOB`, as a job of a Ray cluster, and follow it to its end.

    The code and the settings of this machine travel with the job. The command ends as the job's command ends, and with 130 on
    Ctrl-C, which leaves the job running. The same command again continues the run once the job has ended.
    """
    _check_environment(address)
    job = choose_job(job_name)
    config = read_settings_file(job.settings, config_file, changes)
    submission = build_submission(job, source, out, config, address=address, retry_failed=retry_failed)
    console = open_console(is_stderr=True)
    if not is_this_machine(address):
        for path in submission.list_paths():
            console.print(
                f"Note: {path} is a path: every node must see it there. A URI such as s3:// works everywhere.", markup=False
            )
    server = JobServer(address)
    submission_id = server.submit(submission)
    follow_again = f"Follow it again: {build_follow_command(server.address, submission_id)}"
    stop = f"Stop it:         {build_stop_command(server.address, submission_id)}"
    console.print(f"Submitted {submission_id} to {server.address}.", markup=False, soft_wrap=True)
    try:
        end = server.follow(submission_id, _write)
    except KeyboardInterrupt:
        console.print(f"No longer following. The job goes on.\n{follow_again}\n{stop}", markup=False, soft_wrap=True)
        raise typer.Exit(130) from None
    # If the command ended by itself, Ray's message only repeats the log.
    reason = end.message if end.exit_code is None else f"Exit code {end.exit_code}."
    advice = f"\n{follow_again}\n{stop}" if end.status == "LOST" else ""
    console.print(f"{submission_id}: {end.status}. {reason}{advice}", markup=False, soft_wrap=True)
    raise typer.Exit(_exit_code(end))


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _exit_code(end: JobEnd) -> int:
    if end.status == "SUCCEEDED":
        return 0
    code = 1 if end.exit_code is None else end.exit_code
    return 128 - code if code < 0 else code or 1  # shells tell the signal in this way


def _check_environment(address: str) -> None:
    for name in _OVERRIDING:
        found = os.environ.get(name)
        if found and found != address:
            raise ConfigError(
                f"--address is {address}, and the variable {name} is {found}, which Ray would follow instead: expected one "
                "of them, or both the same. Unset the variable"
            )
