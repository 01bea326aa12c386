"""Keeps a declared list of services running: ordered start, health gates, restart, one log, clean stop.

In: Service declarations. Out: running processes and their state. Knows nothing of what the services are.
"""

from lictor.cli.supervisor.service import Service, StartError
from lictor.cli.supervisor.supervisor import Supervisor

__all__ = ["Service", "StartError", "Supervisor"]
