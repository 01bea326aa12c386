"""The service that is judged, seen from outside.

In: its URL and admin secret. Out: requests and answers over HTTP, and the suite's own schema, rows and metadata put
there by run_sql and replace_metadata alone, so that any Hasura v2 can be judged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import yaml

from tests.engine.conformance.case import Case
from tests.engine.conformance.compare import Loader, differences

HERE = Path(__file__).parent
FROM_ENVIRONMENT = {"connection_info": {"database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"}}}


class Endpoint:
    """A running engine and what the cases need of it."""

    def __init__(self, url: str, admin_secret: str, handler_url: str) -> None:
        self.url = url.rstrip("/")
        self.admin_secret = admin_secret
        self.handler_url = handler_url.rstrip("/")
        self.dirty: str | None = None
        self._client = httpx2.Client(base_url=self.url, timeout=60, trust_env=False)
        self._data = (HERE / "data.sql").read_text()
        self._configuration: Any = FROM_ENVIRONMENT

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def set_up(self) -> None:
        """Make schema, rows and metadata. Whatever was there under the same names is dropped."""
        present = self.metadata("export_metadata")
        for source in present.get("sources", ()):
            if source["name"] == "default":
                self._configuration = source["configuration"]
        # Tracked tables could not be dropped.
        empty = {"name": "default", "kind": "postgres", "tables": [], "configuration": self._configuration}
        self.metadata("replace_metadata", {"version": 3, "sources": [empty]})
        self.run_sql((HERE / "schema.sql").read_text())
        self.run_sql(self._data)
        self.run_sql("REFRESH MATERIALIZED VIEW genre_count")
        self.apply_metadata()

    def apply_metadata(self) -> None:
        """Replace the metadata by the suite's own. What is found inconsistent is left out: a case asks for it."""
        text = (HERE / "metadata.yaml").read_text().replace("{{HANDLERS}}", self.handler_url)
        document = yaml.load(text, Loader=Loader)
        document["sources"][0]["configuration"] = self._configuration
        args = {"allow_inconsistent_metadata": True, "metadata": document}
        self.metadata("replace_metadata", args, version=2)

    def restore(self) -> None:
        """Undo what the last case may have changed."""
        if self.dirty == "metadata":
            self.apply_metadata()
        if self.dirty is not None:
            self.run_sql(self._data)
        self.dirty = None

    def metadata(self, kind: str, args: Any = None, version: int = 1) -> Any:
        """The answer of /v1/metadata. Raises AssertionError with its text if it is an error."""
        return self._post("/v1/metadata", {"type": kind, "version": version, "args": args or {}})

    def run_sql(self, sql: str) -> None:
        """Run SQL on the default source. Raises AssertionError with the answer if it fails."""
        self._post("/v2/query", {"type": "run_sql", "args": {"source": "default", "sql": sql}})

    def ask(self, query: str, role: str = "admin") -> Any:
        """The data of a query. Raises AssertionError with the answer if it is an error."""
        headers = {"x-hasura-admin-secret": self.admin_secret, "x-hasura-role": role}
        response = self._client.post("/v1/graphql", json={"query": query}, headers=headers)
        assert "errors" not in response.json(), response.text
        return response.json()["data"]

    def _post(self, path: str, body: Any) -> Any:
        response = self._client.post(path, json=body, headers={"x-hasura-admin-secret": self.admin_secret})
        assert response.status_code == 200, f"{path} {body['type']}: {response.status_code} {response.text}"
        return response.json()

    def _filled(self, body: Any) -> Any:
        """The body with the configuration of the source where metadata has to name it."""
        match body:
            case "{{CONFIGURATION}}":
                return self._configuration
            case dict():
                return {key: self._filled(value) for key, value in body.items()}
            case list():
                return [self._filled(value) for value in body]
        return body

    def headers(self, case: Case) -> dict[str, str]:
        """The headers of a case's request: secret, role and session variables."""
        headers = dict(case.headers)
        if case.secret is not False:
            headers["x-hasura-admin-secret"] = self.admin_secret if case.secret is True else str(case.secret)
        if case.role is not None:
            headers["x-hasura-role"] = case.role
        return headers

    def check(self, case: Case) -> None:
        """Send the case's request and compare. Raises AssertionError with the differences."""
        body = self._filled(case.send)
        if case.query is not None:
            body = {"query": case.query, "variables": case.variables, "operationName": case.operation}
            body = {key: value for key, value in body.items() if value is not None}
        content = {"content": body} if isinstance(body, str) else {"json": body}
        if case.method == "GET":
            content = {}
        response = self._client.request(case.method, case.path, headers=self.headers(case), **content)
        assert response.status_code == (case.status or 200), f"status {response.status_code}: {response.text}"
        try:
            answer = response.json()
        except ValueError:
            answer = response.text
        found = judge(case, answer)
        assert not found, "\n".join([*found, f"whole answer: {response.text[:2000]}"])


def judge(case: Case, answer: Any) -> list[str]:
    """The differences between an answer and what the case expects of it."""
    if case.error is not None:
        return judge_errors(case.error, answer)
    if case.data is not None:
        return differences({"data": case.data}, answer, "", ordered=case.ordered)
    return [] if case.body is None else differences(case.body, answer, ordered=case.ordered)


def judge_errors(expected: dict[str, Any], answer: Any) -> list[str]:
    """The differences of the only error in a GraphQL answer. Fields that are not expected are not compared."""
    if not isinstance(answer, dict) or "errors" not in answer or answer.get("data") is not None:
        return [f"expected an error {expected}"]
    if len(answer["errors"]) != 1:
        return [f"expected one error {expected}"]
    error = answer["errors"][0]
    seen = {"message": error.get("message"), **error.get("extensions", {})}
    return [
        line
        for key, value in expected.items()
        if value is not None
        for line in differences(value, seen.get(key), f"error.{key}")
    ]
