"""`lictor demo`: real flows, run by an unmodified Prefect 1.4.1 on a Lictor that is started for it or runs already.

In: settings. Out: a table of the runs, and an exit status. The client and its files stay in their own directories.
"""

from lictor.cli.demo.run import demo

__all__ = ["demo"]
