"""The actors: async functions that Dramatiq calls for a message, one module each.

An actor takes an order number (duties.py) or None, does its work through lictor.orchestration and may be called twice
or by two workers at once. `lictor.workers.main` imports them all.
"""
