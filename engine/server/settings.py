"""Settings of the standalone server: Hasura's own environment variables.

In: the environment. Out: `ServerSettings`. Variables Hasura has and this server has no use for are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lictor.engine.types import EngineOptions

DEFAULT_PORT = 8080
TRUE = frozenset({"true", "t", "yes", "y", "1"})
FALSE = frozenset({"false", "f", "no", "n", "0", ""})


@dataclass(frozen=True)
class ServerSettings:
    """`admin_secret` None leaves the server open, as Hasura is without HASURA_GRAPHQL_ADMIN_SECRET."""

    database_url: str
    metadata_dir: Path
    admin_secret: str | None = None
    unauthorized_role: str | None = None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    pool_size: int = 20
    options: EngineOptions = field(default_factory=EngineOptions)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ServerSettings:
        """Reads HASURA_GRAPHQL_*. Raises ValueError naming the variable that is missing or malformed."""

        def get(name: str) -> str | None:
            return environment.get(f"HASURA_GRAPHQL_{name}") or None

        def required(name: str) -> str:
            value = get(name)
            if value is None:
                raise ValueError(f"HASURA_GRAPHQL_{name} is not set")
            return value

        def number(name: str, default: int) -> int:
            value = get(name)
            if value is None:
                return default
            if not value.isdigit():
                raise ValueError(f"HASURA_GRAPHQL_{name}: a number is expected, found {value!r}")
            return int(value)

        def switch(name: str, default: str = "") -> bool:
            value = (get(name) or default).lower()
            if value not in TRUE | FALSE:
                raise ValueError(f"HASURA_GRAPHQL_{name}: true or false is expected, found {value!r}")
            return value in TRUE

        return cls(
            database_url=required("DATABASE_URL"),
            metadata_dir=Path(required("METADATA_DIR")),
            admin_secret=get("ADMIN_SECRET"),
            unauthorized_role=get("UNAUTHORIZED_ROLE"),
            host=get("SERVER_HOST") or "127.0.0.1",
            port=number("SERVER_PORT", DEFAULT_PORT),
            pool_size=number("PG_CONNECTIONS", 20),
            options=EngineOptions(
                v1_boolean_null_collapse=switch("V1_BOOLEAN_NULL_COLLAPSE"),
                stringify_numeric_types=switch("STRINGIFY_NUMERIC_TYPES"),
                infer_function_permissions=switch("INFER_FUNCTION_PERMISSIONS", "true"),
            ),
        )
