"""All settings of Lictor, read from `LICTOR_*` environment variables.

One typed place for what processes may be told from outside. Nothing here opens a file or a connection.
"""

import os
import re
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

MIB = 1024 * 1024
SECRETS_DIR = "/run/secrets"
"""Where Docker and Kubernetes put secrets, each a file; LICTOR_SECRETS_DIR names another place."""
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list such as `10.0.0.0/8, fd00::/8`. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def parse_origins(text: str) -> frozenset[str]:
    """The origins of a comma-separated list such as `https://ui.example, http://localhost:8080`; `*` stays as it is.

    In the spelling of browsers: lower case, without a default port. Raises ValueError.
    """
    return frozenset(_origin(part.strip()) for part in text.split(",") if part.strip())


def _origin(text: str) -> str:
    found = urlsplit(text.lower())
    if text != "*" and (
        found.scheme not in ("http", "https") or not found.netloc or found.path not in ("", "/")
    ):
        raise ValueError(f"{text!r} is no origin such as https://ui.example")
    default = {"http": ":80", "https": ":443"}.get(found.scheme, "")
    return text if text == "*" else f"{found.scheme}://{found.netloc.removesuffix(default)}"


class Settings(BaseSettings):
    """Settings of every Lictor process; each field is the environment variable `LICTOR_<FIELD>`.

    What the environment does not say may stand in a file `lictor_<field>` in SECRETS_DIR.
    """

    model_config = SettingsConfigDict(env_prefix="LICTOR_")

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("lictor", appauthor=False),
        description="Where `lictor up` keeps Postgres' data, Valkey's and the log.",
    )
    host: str = Field("127.0.0.1", description="Address the gateway listens on.")
    port: int = Field(4200, ge=0, le=65535, description="Port the gateway listens on; 0 takes a free one.")
    api_processes: int = Field(1, ge=1, le=64, description="Gateway processes that share the port.")
    worker_threads: int = Field(4, ge=1, le=64, description="Threads of the Dramatiq worker process.")
    database_url: str = Field(
        "postgresql://lictor@127.0.0.1:5432/lictor", description="libpq URL of the Postgres database."
    )
    database_pool_size: int = Field(10, ge=2, le=200, description="Connections per process.")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="URL of the Redis or Valkey server.")
    body_limit: int = Field(
        32 * MIB, ge=MIB, description="Largest request body in bytes (contract client.md 4.4)."
    )
    batch_limit: int = Field(100, ge=1, le=10_000, description="Most operations in one array body.")
    sockets_limit: int = Field(2000, ge=1, description="Most websockets open at once in one API process.")
    socket_operations_limit: int = Field(
        100, ge=1, description="Most operations, subscriptions above all, that run at once on one websocket."
    )
    allowed_origins: str = Field(
        "",
        description="Origins, such as https://ui.example, whose pages may open websockets though the server is another "
        "one; comma-separated, * for all. Without authentication only (docs/ui.md).",
    )
    root_path: str = Field(
        "",
        description="Path below which a proxy shows Lictor, such as /lictor, where the proxy does not take it away.",
    )
    ui_dir: Path | None = Field(
        None, description="The built web UI; without it the one that came with Lictor."
    )
    database_wait: float = Field(
        8.0, ge=0, le=14, description="Seconds a call waits for a database that is away before it gets a 503."
    )
    graphql_url: str | None = Field(
        None,
        description="Root of a Hasura, such as http://hasura:8080, or of `lictor engine serve`, that answers GraphQL; "
        "without it the engine in the API process does.",
    )
    graphql_admin_secret: SecretStr | None = Field(
        None, description="The admin secret of that Hasura, under which it is told who asks."
    )
    graphql_actions: Literal["direct", "hasura"] = Field(
        "direct",
        description="Who runs documents of custom fields only, where there is a Hasura: the API process itself, or "
        'Hasura, which calls it back ("hasura"; docs/decisions/0020-hasura.md).',
    )
    graphql_connections: int = Field(
        100,
        ge=1,
        le=10_000,
        description="Most connections of an API process to Hasura, beside subscriptions.",
    )
    actions_secret: SecretStr | None = Field(
        None,
        description="Shared with Hasura, which sends it to POST /actions/*; without it these routes refuse.",
    )
    auth: Literal["off", "key"] = Field(
        "off", description='"key": every GraphQL operation needs an API key (`lictor key create`).'
    )
    auth_cache_seconds: float = Field(
        5.0,
        ge=0,
        le=300,
        description="Seconds an API process trusts what it knows of a key: a deleted one dies within.",
    )
    audit: Literal["people", "all", "off"] = Field(
        "people",
        description='What the audit trail records: every mutation and sign-in but the machine traffic of runs ("people"), '
        "all of them, or nothing (docs/decisions/0023-audit-trail.md).",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Keys for secrets: 32 bytes in base64; the first seals, all open. Without one there are no secrets.",
    )
    secret_key_file: Path | None = Field(
        None, description="File with such keys, one a line; `lictor up` makes one in its data directory."
    )
    secret_size_limit: int = Field(
        1_000_000, ge=1_000, description="Largest value of a secret as JSON, in bytes."
    )
    depth_limit: int = Field(20, ge=3, description="Deepest nesting of a GraphQL operation, in levels.")
    state_size_limit: int = Field(
        1_000_000, ge=10_000, description="Largest serialised state in bytes (contract server.md 3.6.6)."
    )
    artifact_size_limit: int = Field(
        1_000_000, ge=1_000, description="Largest artifact payload in bytes (contract server.md 3.6.9)."
    )
    queued_runs_returned_limit: int = Field(
        25, ge=1, le=1000, description="Runs handed to an agent per poll (contract server.md 3.6.4)."
    )
    scheduled_runs_per_flow: int = Field(
        10, ge=1, le=1000, description="Runs the scheduler keeps ahead for each active flow."
    )
    scheduler_interval: float = Field(60.0, gt=0, description="Seconds between two passes of the scheduler.")
    scheduler_helpers: int = Field(
        3, ge=0, le=64, description="Workers that the scheduler calls to help when many flows need runs."
    )
    late_runs_interval: float = Field(
        30.0, gt=0, description="Seconds between two looks for late runs that their flow group wants skipped."
    )
    due_task_runs_interval: float = Field(
        10.0, gt=0, description="Seconds between two searches for scheduled runs that need their task runs."
    )
    due_task_runs_ahead: float = Field(
        60.0, gt=0, description="Seconds before a scheduled run is due at which its task runs are made."
    )
    purge_interval: float = Field(
        10.0, gt=0, description="Seconds between two looks for what large deletes have left behind."
    )
    retention_interval: float = Field(
        3600.0, gt=0, description="Seconds between two looks for what is older than anybody wants to keep."
    )
    retention_flow_runs_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which finished flow runs are kept, with all that is below them; 0: for ever. A tenant's own policy goes before.",
    )
    retention_states_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which the states that runs have left are kept, at least; they go by whole months; 0: for ever. A tenant's own policy goes before.",
    )
    retention_logs_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which lines of log are kept, at least; they go by whole months; 0: for ever. A tenant's own policy goes before.",
    )
    retention_artifacts_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which artifacts are kept; 0: for ever. A tenant's own policy goes before.",
    )
    retention_messages_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which messages are kept; 0: for ever. A tenant's own policy goes before.",
    )
    retention_audit_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days for which the audit trail is kept, at least; it goes by whole months; 0: for ever. No tenant can say otherwise.",
    )
    partitions_interval: float = Field(
        86_400.0, gt=0, description="Seconds between two looks whether new history partitions are needed."
    )
    clock_lease: float = Field(
        10.0, gt=0, description="Seconds after which another clock takes over from one that is silent."
    )
    clock_patience: float = Field(
        30.0, gt=0, description="Seconds a worker may take to begin a duty before the clock orders it again."
    )
    tenant_purge_interval: float = Field(
        10.0, gt=0, description="Seconds between two looks for deleted tenants that still own rows."
    )
    lazarus_interval: float = Field(
        600.0,
        gt=0,
        description="Seconds between two looks for flow runs to be revived (contract server.md 4.1).",
    )
    zombie_killer_interval: float = Field(
        120.0,
        gt=0,
        description="Seconds between two looks for task runs and cancelled runs without a process.",
    )
    heartbeat_cutoff: float = Field(
        600.0,
        gt=0,
        description="Seconds without a heartbeat, while the API was up, after which a run is silent.",
    )
    runner_cutoff: float = Field(
        1800.0,
        ge=0,
        description="Seconds after which a run whose heartbeats go on, but whose process reads it no more, is silent; "
        "0: never. Longer than any task holds Python's lock (docs/decisions/0015-recovery.md).",
    )
    resurrection_limit: int = Field(
        10, ge=0, le=1000, description="How often Lazarus revives a run before it marks it as failed."
    )
    sign_of_life_interval: float = Field(
        5.0,
        gt=0,
        le=60,
        description="Seconds between two notes of an API process that it is up, and of the runners it has heard.",
    )
    ui_url: str | None = Field(
        None, description="Where people open the UI, for links in hooks; without it http://localhost:<port>."
    )
    hook_networks: str = Field(
        "",
        description="Networks, such as 10.0.0.0/8, that hooks may reach though they are not public; comma-separated.",
    )
    twilio_url: str = Field("https://api.twilio.com", description="Where TWILIO hooks send to.")
    pagerduty_url: str = Field(
        "https://events.pagerduty.com",
        description="Where PAGERDUTY hooks send to; https://events.eu.pagerduty.com in the EU.",
    )
    hook_concurrency: int = Field(
        64, ge=1, le=1000, description="Deliveries to hooks that a worker process makes at once."
    )
    hook_concurrency_per_host: int = Field(
        8, ge=1, le=1000, description="… of which go to the same host, so that a slow one holds up no other."
    )
    hook_claim: float = Field(
        60.0, ge=1, description="Seconds after which a delivery of a worker that has died is made by another."
    )
    hook_max_attempts: int = Field(
        12, ge=1, le=100, description="Attempts after which a delivery is dead (`retry_hook_delivery`)."
    )
    hook_retry_delay: float = Field(
        5.0, gt=0, description="Seconds before the second attempt; before each other twice as many."
    )
    hook_retry_longest: float = Field(
        3600.0, gt=0, description="Most seconds between two attempts, also if a Retry-After asks for more."
    )
    hook_sweep_interval: float = Field(
        10.0, gt=0, description="Seconds between two reminders of workers that deliveries may be due."
    )
    hook_delivered_days: float = Field(
        7.0, ge=0, description="Days after which deliveries that were made are deleted."
    )
    hook_dead_days: float = Field(
        90.0, ge=0, description="Days after which deliveries that were given up are deleted."
    )
    hook_retention_interval: float = Field(
        3600.0, gt=0, description="Seconds between two deletions of old deliveries."
    )
    flow_sla_interval: float = Field(
        10.0, gt=0, description="Seconds between two looks for runs that break an SLA."
    )
    agent_sla_interval: float = Field(
        10.0, gt=0, description="Seconds between two looks for agent configs that break theirs."
    )
    agent_healthy_seconds: float = Field(
        60.0, gt=0, description="Seconds since it last asked for runs for which an agent counts as healthy."
    )
    automation_run_limit: int = Field(
        100,
        ge=0,
        description="Runs that automations make, directly or through each other, because of one run.",
    )
    smtp_host: str | None = Field(
        None, description="Mail server that e-mail is handed to; without one there is none."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port; 465 is usual for LICTOR_SMTP_TLS=tls.")
    smtp_tls: Literal["off", "starttls", "tls"] = Field(
        "starttls", description="How the connection to it is encrypted."
    )
    smtp_username: str | None = Field(None, description="Name to log in with there; none: no login.")
    smtp_password: SecretStr | None = Field(None, description="Password to log in with there.")
    smtp_from: str = Field("lictor@localhost", description="Sender of e-mail.")
    log_level: str = Field("INFO", description="Level of the service log.")
    log_format: Literal["console", "json"] = Field(
        "console", description='"json": every line of the service log is a JSON object.'
    )
    log_requests: bool = Field(False, description="Write a line for every HTTP request.")
    metrics: Literal["loopback", "token", "off"] = Field(
        "loopback",
        description='Who may read /metrics: this machine, whoever sends LICTOR_METRICS_TOKEN, or ("off") nobody.',
    )
    metrics_token: SecretStr | None = Field(
        None, description="Sent as `Authorization: Bearer <token>` by who reads /metrics from elsewhere."
    )
    ready_leader_seconds: float = Field(
        30.0, gt=0, description="Seconds without a leading clock after which /ready says so."
    )
    drain_seconds: float = Field(
        10.0,
        ge=0,
        le=600,
        description="Seconds that a process which is told to end gives the calls under way.",
    )
    traces: Literal["off", "otlp"] = Field(
        "off",
        description='"otlp": send OpenTelemetry traces, as OTEL_EXPORTER_OTLP_* say; needs the extra lictor[otel].',
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the files of secrets."""
        directory = Path(os.environ.get("LICTOR_SECRETS_DIR") or SECRETS_DIR)
        if not directory.is_dir():
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, directory)

    @property
    def retention_days(self) -> dict[str, int]:
        """Days by kind, where a tenant has no policy of its own."""
        kinds = ("flow_runs", "states", "logs", "artifacts", "messages")
        return {kind: getattr(self, f"retention_{kind}_days") for kind in kinds}

    @field_validator("graphql_url")
    @classmethod
    def _is_root(cls, value: str | None) -> str | None:
        if not (value or "").strip():
            return None
        url = (value or "").strip().rstrip("/").removesuffix("/v1/graphql")
        found = urlsplit(url)
        if found.scheme not in ("http", "https") or not found.hostname or found.query or found.username:
            raise ValueError("it has to be the URL of a Hasura, such as http://hasura:8080")
        return url

    @field_validator("root_path")
    @classmethod
    def _is_path(cls, value: str) -> str:
        path = value.strip().strip("/")
        if any(
            not part or part in (".", "..") or not _SEGMENT.fullmatch(part)
            for part in path.split("/")
            if path
        ):
            raise ValueError("it has to be a path such as /lictor, of letters, digits and - . _ ~")
        return f"/{path}" if path else ""

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        parse_origins(value)
        return value

    @field_validator("hook_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        parse_networks(value)
        return value


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()  # pyright: ignore[reportCallIssue]  # every field has a default
