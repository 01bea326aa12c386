"""What the programs of this directory share, and where the releases of Prefect they run with differ.

In: JSON on standard input (`given`). Out: JSON on the last line of standard output (`answer`).
"""

import json
import os
import sys

os.environ.update(
    PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL="0.3",
    PREFECT__CLOUD__HEARTBEAT_MODE="off",
    PREFECT__FLOWS__CHECKPOINTING="true",
)

import prefect
from prefect.engine.cloud import CloudFlowRunner

RELEASE = tuple(int(part) for part in prefect.__version__.split(".")[:3])
HOME = os.environ["HOME"]

if RELEASE < (0, 14):
    from prefect.environments import LocalEnvironment
    from prefect.environments.storage import Local
else:
    from prefect.run_configs import UniversalRun
    from prefect.storage import Local

if RELEASE < (0, 15):
    from prefect.artifacts import create_link, create_markdown, update_markdown
else:
    from prefect.backend.artifacts import create_link_artifact as create_link
    from prefect.backend.artifacts import create_markdown_artifact as create_markdown
    from prefect.backend.artifacts import update_markdown_artifact as update_markdown

__all__ = ["create_link", "create_markdown", "update_markdown"]

given = json.load(sys.stdin)
client = prefect.Client()


def answer(**values):
    print()
    print(json.dumps(values, default=str))


def register(flow, labels=(), **arguments):
    """Register a flow, stored as a pickle in the home directory; its id."""
    # 0.13 keeps labels in an execution environment, later releases in a run config.
    if RELEASE < (0, 14):
        flow.environment = LocalEnvironment(labels=labels)
    else:
        flow.run_config = UniversalRun(labels=labels)
    flow.storage = Local(directory=HOME, add_default_labels=False)
    client.create_project(given["project"])
    return flow.register(given["project"], no_url=True, **arguments)


def execute(flow, flow_run_id, return_tasks=()):
    """Run a flow run in this process; the client's state of it, whose result has that of `return_tasks`."""
    with prefect.context(flow_run_id=flow_run_id, running_with_backend=True):
        return CloudFlowRunner(flow=flow).run(return_tasks=list(return_tasks))


def kind(state):
    return type(state).__name__


def command(*arguments, **options):
    """What `prefect <arguments>` prints; in this process, as the import takes most of a command's time."""
    result = _invoked(arguments, **options)
    assert result.exit_code == 0, (arguments, result.output, result.exception)
    return result.output


def refused(*arguments):
    """The same of a command that must not have an effect; old releases end with status 0 all the same."""
    return _invoked(arguments).output


def _invoked(arguments, **options):
    from click.testing import CliRunner
    from prefect.cli import cli

    return CliRunner().invoke(cli, arguments, **options)
