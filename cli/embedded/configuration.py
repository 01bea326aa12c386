"""The configuration of the embedded Postgres: what differs from its defaults, and why.

In: settings as text. Out: the text of postgresql.conf and pg_hba.conf. Reads and writes no file.
"""

from collections.abc import Mapping
from pathlib import Path

POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # The API's statements are short and many: compiling them costs more than it saves.
    "jit": "off",
    # One laptop, one disk that is probably an SSD.
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    # Fewer and longer checkpoints: each one makes the next change of every page log the page whole.
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    # Run rows are updated often (states, heartbeats): vacuum early and little, so that HOT pruning keeps up.
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_threshold": "200",
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "1000",
    # A gateway that was killed must not hold its row locks until TCP notices.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


def render(settings: Mapping[str, str], base: Path) -> str:
    """The text of postgresql.conf: what initdb found out about the machine (the file `base`), then `settings`."""
    lines = ["# Written by Lictor at every start. Own settings: ALTER SYSTEM SET, which has precedence."]
    lines.append(f"include_if_exists = {_quoted(str(base))}")
    lines += [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def pg_hba() -> str:
    """pg_hba.conf: both roles by password, from this machine only."""
    rows = (
        "local all all scram-sha-256",
        "host all all 127.0.0.1/32 scram-sha-256",
        "local replication all scram-sha-256",
    )
    return "\n".join(rows) + "\n"
