"""All settings of Lictor, read from `LICTOR_*` environment variables.

One typed place for what processes may be told from outside. Nothing here opens a file or a connection.
"""

from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """Settings of every Lictor process; each field is the environment variable `LICTOR_<FIELD>`."""

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
    database_wait: float = Field(
        8.0, ge=0, le=14, description="Seconds a call waits for a database that is away before it gets a 503."
    )
    actions_secret: str | None = Field(
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
    due_task_runs_interval: float = Field(
        10.0, gt=0, description="Seconds between two searches for scheduled runs that need their task runs."
    )
    due_task_runs_ahead: float = Field(
        60.0, gt=0, description="Seconds before a scheduled run is due at which its task runs are made."
    )
    purge_interval: float = Field(
        10.0, gt=0, description="Seconds between two looks for what large deletes have left behind."
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
    log_level: str = Field("INFO", description="Level of the service log.")
    log_json: bool = Field(False, description="Write the service log as JSON lines.")

    @field_validator("hook_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for part in filter(None, map(str.strip, value.split(","))):
            ip_network(part)
        return value


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()  # pyright: ignore[reportCallIssue]  # every field has a default
