"""A task that fails twice and succeeds when it is tried the third time."""

# pyright: reportMissingImports=false, reportFunctionMemberAccess=false

from datetime import timedelta

import prefect
from prefect import Flow, task


@task(max_retries=2, retry_delay=timedelta(seconds=1))
def unreliable():
    attempt = prefect.context.task_run_count
    if attempt < 3:
        raise ConnectionError(f"attempt {attempt} of 3: nobody answers")
    return attempt


@task
def report(attempts):
    prefect.context.logger.info("Succeeded when tried for the %d. time", attempts)


with Flow("third-time-lucky") as flow:
    report(unreliable())
