"""`lictor hasura apply` against an HTTP server that answers as Hasura does and keeps what it was sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from lictor.cli import hasura_apply
from lictor.cli.hasura_apply import PROJECT, ApplyError, apply, apply_command
from lictor.cli.hasura_export import export_metadata
from lictor.engine.metadata import MetadataError
from tests.hasura.contract_api import INPUTS, PAYLOAD_OF, PAYLOADS, QUERIES, fields
from tests.hasura.contract_tables import ADDED_RELATIONSHIPS, RELATIONSHIPS, TRACKED

SECRET = "only-for-this-test"
CONSISTENT = {"is_consistent": True, "inconsistent_objects": []}


class HasuraTransport(ThreadingHTTPServer):
    """The transport side of a Hasura: what each command is answered is set by the test."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.health = [200]  # the last one stays
        self.answers: dict[str, tuple[int, object]] = {
            "reload_metadata": (200, {"message": "success", **CONSISTENT}),
            "replace_metadata": (200, CONSISTENT),
            "get_inconsistent_metadata": (200, CONSISTENT),
        }
        self.commands: list[dict] = []
        self.health_checks = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: HasuraTransport

    def do_GET(self) -> None:
        assert self.path == "/healthz"
        self.server.health_checks += 1
        health = self.server.health
        self._answer(health.pop(0) if len(health) > 1 else health[0], b"OK")

    def do_POST(self) -> None:
        assert self.path == "/v1/metadata"
        command = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["X-Hasura-Admin-Secret"] != SECRET:
            denied = {"path": "$", "error": "invalid x-hasura-admin-secret", "code": "access-denied"}
            self._answer(401, json.dumps(denied).encode())
            return
        self.server.commands.append(command)
        status, body = self.server.answers[command["type"]]
        self._answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hasura() -> Iterator[HasuraTransport]:
    with HasuraTransport() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_sends_the_whole_project_in_one_command(hasura, capsys):
    assert apply_command(endpoint=hasura.url + "/", admin_secret=SECRET) == 0
    assert [command["type"] for command in hasura.commands] == [
        "reload_metadata",
        "replace_metadata",
        "get_inconsistent_metadata",
    ]
    replace = hasura.commands[1]
    assert replace["version"] == 2
    assert replace["args"]["allow_inconsistent_metadata"] is False
    assert replace["args"]["metadata"] == export_metadata(PROJECT)
    said = capsys.readouterr().out
    assert f"{TRACKED} tables with {len(RELATIONSHIPS | ADDED_RELATIONSHIPS)} relationships" in said
    assert f"7 functions and {len(QUERIES) + len(PAYLOAD_OF)} actions" in said
    assert SECRET not in said


def test_json_outcome(hasura, capsys):
    assert apply_command(endpoint=hasura.url, admin_secret=SECRET, json_=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "applied": True,
        "endpoint": hasura.url,
        "tables": TRACKED,
        "relationships": len(RELATIONSHIPS | ADDED_RELATIONSHIPS),
        "functions": 7,
        "actions": len(QUERIES) + len(PAYLOAD_OF),
    }


def test_waits_until_hasura_is_healthy(hasura):
    hasura.health = [500, 503, 200]
    apply(hasura.url, SECRET)
    assert hasura.health_checks == 3
    assert len(hasura.commands) == 3


def test_gives_up_waiting(hasura):
    hasura.health = [500]
    with pytest.raises(ApplyError, match=r"/healthz with status 500.*Waited 0\.3 s; --timeout waits longer"):
        apply(hasura.url, SECRET, timeout=0.3)
    assert hasura.commands == []


def test_nobody_listens(capsys):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert apply_command(endpoint=endpoint, admin_secret=SECRET, timeout=0.1) == 1
    said = capsys.readouterr().err
    assert endpoint in said
    assert "cannot be reached" in said


def test_something_that_is_no_hasura(hasura):
    hasura.health = [404]
    with pytest.raises(ApplyError, match=r"status 404, so it is not a Hasura"):
        apply(hasura.url, SECRET)


def test_wrong_secret(hasura):
    with pytest.raises(
        ApplyError, match=r"refuses the admin secret \(status 401.*HASURA_GRAPHQL_ADMIN_SECRET"
    ) as caught:
        apply(hasura.url, "wrong-one")
    assert "wrong-one" not in str(caught.value)
    assert hasura.commands == []


REFUSED = {
    "path": "$.args",
    "error": "cannot continue due to inconsistent metadata",
    "code": "unexpected",
    "internal": [
        {
            "type": "table",
            "name": "table task in source default",
            "definition": "task",
            "reason": 'Inconsistent object: no such table/view exists in source: "task"',
        },
        {
            "type": "action",
            "definition": {"name": "hello"},
            "reason": "environment variable LICTOR_ACTIONS_URL not set",
        },
    ],
}


def test_inconsistent_metadata_in_plain_words(hasura, capsys):
    hasura.answers["replace_metadata"] = (400, REFUSED)
    assert apply_command(endpoint=hasura.url, admin_secret=SECRET) == 1
    assert capsys.readouterr().err.splitlines()[1:] == [
        '  - table table task in source default: Inconsistent object: no such table/view exists in source: "task"',
        "  - action hello: environment variable LICTOR_ACTIONS_URL not set",
    ]


def test_inconsistent_metadata_as_json(hasura, capsys):
    hasura.answers["replace_metadata"] = (400, REFUSED)
    assert apply_command(endpoint=hasura.url, admin_secret=SECRET, json_=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["applied"] is False
    assert "cannot continue due to inconsistent metadata" in told["error"]
    assert len(told["inconsistencies"]) == 2


def test_inconsistency_found_afterwards(hasura):
    hasura.answers["get_inconsistent_metadata"] = (
        200,
        {"is_consistent": False, "inconsistent_objects": REFUSED["internal"]},
    )
    with pytest.raises(ApplyError) as caught:
        apply(hasura.url, SECRET)
    assert len(caught.value.inconsistencies) == 2


def test_an_answer_that_is_not_hasuras(hasura):
    hasura.answers["replace_metadata"] = (502, b"<html>Bad Gateway</html>")
    with pytest.raises(
        ApplyError, match=r"/v1/metadata \(replace_metadata\) answered with status 502.*Bad Gateway"
    ):
        apply(hasura.url, SECRET)


def test_another_error_of_hasura(hasura):
    hasura.answers["replace_metadata"] = (
        400,
        {"path": "$.args.metadata", "error": "parse failed", "code": "parse-failed"},
    )
    with pytest.raises(
        ApplyError, match=r"status 400: parse failed \(code parse-failed, at \$\.args\.metadata\)"
    ):
        apply(hasura.url, SECRET)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8080", "ftp://127.0.0.1", "", "http://[::1"])
def test_an_endpoint_that_is_none(endpoint):
    with pytest.raises(ApplyError, match="is not a URL"):
        apply(endpoint, SECRET)


def test_a_secret_that_no_header_can_carry(hasura):
    with pytest.raises(ApplyError, match="admin secret may only hold printable ASCII"):
        apply(hasura.url, "a\r\nX-Other: b")


def test_the_command_line_ends_with_status_1(monkeypatch, capsys):
    monkeypatch.setenv("HASURA_GRAPHQL_ADMIN_SECRET", SECRET)
    with pytest.raises(SystemExit) as ended:
        hasura_apply.app(["apply", "--endpoint", "http://127.0.0.1:1", "--timeout", "0.1"])
    assert ended.value.code == 1
    assert "http://127.0.0.1:1" in capsys.readouterr().err


# The document ------------------------------------------------------------------------------------


def test_actions_and_types_are_converted_as_hasura_wants_them():
    document = export_metadata(PROJECT)
    actions = {action["name"]: action for action in document["actions"]}
    assert actions["create_flow_run"]["definition"] == {
        "handler": "{{LICTOR_ACTIONS_URL}}/actions/create_flow_run",
        "type": "mutation",
        "kind": "synchronous",
        "arguments": [{"name": "input", "type": "create_flow_run_input!"}],
        "output_type": "flow_run_id_payload",
        "forward_client_headers": True,
        "headers": [{"name": "X-Lictor-Actions-Secret", "value_from_env": "LICTOR_ACTIONS_SECRET"}],
    }
    query = actions["get_task_run_info"]["definition"]
    assert (query["type"], query["output_type"]) == ("query", "task_run_info_payload")
    assert query["arguments"] == [{"name": "task_run_id", "type": "UUID!"}]
    assert "kind" not in query  # only mutations have one
    types = document["custom_types"]
    for kind, declared in (("input_objects", INPUTS), ("objects", PAYLOADS)):
        assert {
            entry["name"]: {field["name"]: field["type"] for field in entry["fields"]}
            for entry in types[kind]
        } == {name: fields(text) for name, text in declared.items()}
    assert [value["value"] for value in types["enums"][0]["values"]] == [
        "DEBUG",
        "INFO",
        "WARNING",
        "ERROR",
        "CRITICAL",
    ]
    assert sorted(scalar["name"] for scalar in types["scalars"]) == ["DateTime", "JSON", "UUID"]


def test_sources_hold_no_include_and_no_secret():
    document = export_metadata(PROJECT)
    assert "!include" not in json.dumps(document)
    (source,) = document["sources"]
    assert (source["name"], source["kind"], len(source["tables"]), len(source["functions"])) == (
        "default",
        "postgres",
        TRACKED,
        7,
    )
    assert source["configuration"]["connection_info"]["database_url"] == {
        "from_env": "HASURA_GRAPHQL_DATABASE_URL"
    }


def test_each_file_of_the_project_reaches_the_document(tmp_path):
    """Nothing that a person writes into a metadata file may get lost on the way."""
    written = {
        "allow_list": ("allowlist", [{"collection": "allowed", "scope": {"global": True}}]),
        "query_collections": ("query_collections", [{"name": "allowed", "definition": {"queries": []}}]),
        "cron_triggers": ("cron_triggers", [{"name": "tick"}]),
        "rest_endpoints": ("rest_endpoints", [{"name": "one"}]),
        "inherited_roles": ("inherited_roles", [{"role_name": "a", "role_set": ["b"]}]),
        "remote_schemas": ("remote_schemas", [{"name": "other"}]),
        "api_limits": ("api_limits", {"disabled": False}),
        "network": ("network", {"tls_allowlist": []}),
        "graphql_schema_introspection": ("graphql_schema_introspection", {"disabled_for_roles": ["user"]}),
        "metrics_config": ("metrics_config", {"analyze_query_variables": True}),
        "opentelemetry": ("opentelemetry", {"status": "enabled"}),
        "backend_configs": ("backend_configs", {"dataconnector": {}}),
    }
    present = {path.stem for path in (PROJECT / "metadata").glob("*.yaml")}
    assert present == written.keys() | {"version", "actions"}
    _project(tmp_path, {f"{file}.yaml": yaml.safe_dump(content) for file, (_, content) in written.items()})
    assert export_metadata(tmp_path) == {"version": 3, "sources": []} | dict(written.values())


def test_descriptions_and_relationships_of_types(tmp_path):
    sdl = '''
        type Query { "how many" count("of what" flow_id: uuid!): flow_count }
        """Counted."""
        type flow_count { "the flow" flow_id: uuid! runs: [Int!] }
        "Loudness" enum loudness { "not loud" quiet loud }
    '''
    written = {
        "actions": [{"name": "count", "definition": {"kind": "", "handler": "http://x/count"}}],
        "custom_types": {"objects": [{"name": "flow_count", "relationships": [{"name": "flow"}]}]},
    }
    _project(tmp_path, {"actions.graphql": sdl, "actions.yaml": yaml.safe_dump(written)})
    document = export_metadata(tmp_path)
    assert document["actions"][0]["definition"]["arguments"] == [
        {"name": "flow_id", "type": "uuid!", "description": "of what"}
    ]
    assert document["custom_types"]["objects"] == [
        {
            "name": "flow_count",
            "description": "Counted.",
            "fields": [
                {"name": "flow_id", "type": "uuid!", "description": "the flow"},
                {"name": "runs", "type": "[Int!]"},
            ],
            "relationships": [{"name": "flow"}],
        }
    ]
    assert document["custom_types"]["enums"] == [
        {
            "name": "loudness",
            "description": "Loudness",
            "values": [{"value": "quiet", "description": "not loud"}, {"value": "loud"}],
        }
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"version.yaml": "version: 2"}, "version 3 is expected"),
        ({"databases/databases.yaml": None}, "databases.yaml"),
        ({"databases/databases.yaml": '- "!include gone.yaml"'}, "gone.yaml"),
        ({"network.yaml": "a: [1"}, "network.yaml"),
        ({"actions.yaml": "actions: []"}, "actions.graphql"),
        ({"actions.yaml": "actions: []", "actions.graphql": "type Query {"}, "actions.graphql"),
        (
            {"actions.yaml": "actions: []", "actions.graphql": "type Query { lost: Int }"},
            "same actions: lost",
        ),
        (
            {
                "actions.yaml": "actions: [{name: a, definition: {handler: x}}]",
                "actions.graphql": "type Query { a: Int } union u = Query",
            },
            "no custom types of the kind union_type_definition",
        ),
    ],
)
def test_a_project_that_cannot_be_read(tmp_path, files, message):
    _project(tmp_path, files)
    with pytest.raises(MetadataError) as caught:
        export_metadata(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def _project(root: Path, files: dict[str, str | None]) -> None:
    """A project without tables, and `files` in its metadata directory."""
    for name, content in {"version.yaml": "version: 3", "databases/databases.yaml": "[]", **files}.items():
        path = root / "metadata" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_text(content, encoding="utf-8")
