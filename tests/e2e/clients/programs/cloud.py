"""Uses what only Prefect Cloud had. Input: {"project", "labels"}; the backend is `cloud`, a key or token is in the environment.

Output: what the client saw; `values` is None before 0.14.20, which has no key-value store.
"""

import os

os.environ["PREFECT__CLOUD__USE_LOCAL_SECRETS"] = "false"

from prefect import Flow, task
from prefect.client import Secret
from prefect.tasks.secrets import PrefectSecret
from prefect.utilities.graphql import with_args

from release import RELEASE, answer, client, create_markdown, execute, given, kind, register


@task(tags=["few"])
def report(token):
    return create_markdown(Secret("password").get() + " " + token["user"])


def key_values():
    from prefect.backend import delete_key, get_key_value, list_keys, set_key_value

    set_key_value("list", [1, None, {"a": True}])
    read = {key: get_key_value(key) for key in list_keys()}
    return [read, delete_key("list"), list_keys()]


client.set_secret("password", "correct horse")
client.set_secret("token", {"user": "someone"})
try:
    Secret("nowhere").get()
except KeyError:
    missing = "KeyError"

client.graphql(
    "mutation($input: update_task_tag_limit_input!) { update_task_tag_limit(input: $input) { id } }",
    variables={"input": {"tag": "few", "limit": 1}},
)
limits = client.graphql(
    {"query": {with_args("task_tag_limit", {"where": {"tag": {"_eq": "few"}}}): {"limit"}}}
)

with Flow("secretive") as flow:
    report(PrefectSecret("token"))
flow_id = register(flow, labels=given["labels"])
run = client.create_flow_run(flow_id=flow_id)
token = client.graphql(
    "mutation($input: create_api_token_input!) { create_api_token(input: $input) { token } }",
    variables={"input": {"name": "for the agent", "scope": "RUNNER"}},
)
answer(
    run=run,
    token=token.data.create_api_token.token,
    waiting=client.create_flow_run(flow_id=flow_id),
    state=kind(execute(flow, run)),
    found=[Secret("password").exists(), Secret("nowhere").exists()],
    missing=missing,
    limits=[row.limit for row in limits.data.task_tag_limit],
    values=key_values() if RELEASE >= (0, 14, 20) else None,
)
