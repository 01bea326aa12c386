"""The worker process: `python -m lictor.workers`, with Dramatiq's own options behind it if any.

In: the settings. Out: duties done. SIGTERM ends it: see lictor.workers.main. Dramatiq's `dramatiq lictor.workers.main`
does the same with a log of its own form.
"""

import sys

from dramatiq import cli

from lictor import logs
from lictor.settings import get_settings


def main() -> int:
    """Run one worker process with LICTOR_WORKER_THREADS threads until SIGTERM; returns Dramatiq's exit status."""
    settings = get_settings()
    logs.configure(settings)
    options = ["lictor.workers.main", "--processes", "1", "--threads", str(settings.worker_threads)]
    # The actors' module sets the log up in the processes that Dramatiq forks.
    return cli.main(cli.make_argument_parser().parse_args([*options, "--skip-logging", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
