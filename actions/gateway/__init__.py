"""The public door of Lictor (port 4200): GraphQL over HTTP as Prefect 1.x clients speak it.

Requests come in, bytes of JSON go out. Limits, errors and authentication stand here and nowhere else;
what a field means is decided by the engine and by the action handlers.
"""
