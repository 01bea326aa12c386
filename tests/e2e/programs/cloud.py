"""Uses, with the real client, what only Prefect Cloud had. Input: {"project": name}; prints what it saw as JSON."""

import json
import os
import sys
from pathlib import Path

os.environ["PREFECT__CLOUD__HEARTBEAT_MODE"] = "off"
os.environ["PREFECT__CLOUD__USE_LOCAL_SECRETS"] = "false"

import prefect
from prefect import Flow, task
from prefect.backend import TenantView, delete_key, get_key_value, list_keys, set_key_value
from prefect.client import Client, Secret
from prefect.engine.cloud import CloudFlowRunner
from prefect.storage import Local
from prefect.tasks.secrets import PrefectSecret


@task
def remember(token):
    set_key_value("seen", {"secret": Secret("password").get(), "token": token})


with Flow("secretive") as flow:
    remember(PrefectSecret("token"))


def refused(call, *arguments):
    """The name and text of what `call` raises."""
    try:
        return ["nothing", repr(call(*arguments))]
    except Exception as error:
        return [type(error).__name__, str(error)]


if __name__ == "__main__":
    project = json.load(sys.stdin)["project"]
    client = Client()
    client.set_secret("password", "correct horse")
    client.set_secret("token", {"user": "someone", "scopes": [1, 2]})
    missing = refused(Secret("nowhere").get)
    found = [Secret("password").exists(), Secret("nowhere").exists()]

    values = {
        "text": "b",
        "looks like JSON": '{"a": 1}',
        "number": 1.5,
        "list": [1, None, True],
        "ünï": "💡",
    }
    ids = [set_key_value(key, value) for key, value in values.items()]
    same = [set_key_value(key, value) for key, value in values.items()] == ids
    read = {key: get_key_value(key) for key in list_keys()}
    too_large = refused(client.graphql, "mutation($input: set_key_value_input!) { set_key_value(input: $input) { id } }",
                        True, {}, {"input": {"key": "large", "value": "x" * 9999}})  # fmt: skip
    deleted = delete_key("text")
    gone = refused(get_key_value, "text")
    again = refused(delete_key, "text")

    client.create_project(project)
    flow.storage = Local(
        directory=os.environ["HOME"],
        stored_as_script=True,
        path=str(Path(__file__)),
        add_default_labels=False,
    )
    flow_id = flow.register(project)
    run_id = client.create_flow_run(flow_id=flow_id)
    with prefect.context(flow_run_id=run_id, running_with_backend=True):
        CloudFlowRunner(flow=flow).run()
    print(json.dumps({
        "tenant": [client.tenant_id, TenantView.from_current_tenant().slug],
        "missing": missing, "found": found, "same": same, "read": read, "values": values, "too_large": too_large,
        "deleted": deleted, "gone": gone, "again": again, "seen": get_key_value("seen"), "run": run_id,
        "agent_config": refused(client.get_agent_config, "00000000-0000-4000-8000-000000000000"),
    }))  # fmt: skip
