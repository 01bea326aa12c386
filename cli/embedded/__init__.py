"""Servers that run beside Lictor without being installed: Postgres and Valkey from wheels or from the system.

In: a data directory. Out: a command line to run, a URL to connect to. Never listens beyond loopback.
"""
