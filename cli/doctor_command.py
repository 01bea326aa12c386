"""The command `lictor doctor`.

In: arguments. Out: findings on standard output (JSON with --json), an exit status. The work is done in
`lictor.cli.doctor`, imported when the command is called.
"""

import json
import sys
from datetime import timedelta

from lictor.cli.commands import Json, database_url, settings_of


def doctor(*, hours: float = 1.0, as_json: Json = False) -> int:
    """Examine a Lictor: database, migrations, leader, duties, invariants, Redis, settings. Status 1 if it is ill.

    Examples:

        lictor doctor
        lictor doctor --hours 24 --json | jq -r '.findings[] | select(.status != "ok") | .message'

    Parameters
    ----------
    hours
        How far back history is searched for what breaks an invariant.
    as_json
        As a JSON object with the keys status and findings.
    """
    from lictor.cli.doctor import examine
    from lictor.cli.instance import Instance

    settings = settings_of()
    url = database_url()
    redis_url = settings.redis_url
    if "redis_url" not in settings.model_fields_set and (state := Instance(settings.data_dir).state()):
        redis_url = state["redis_url"]
    findings = examine(settings, url, redis_url, timedelta(hours=max(0.0, hours)))
    ill = any(finding.status == "fail" for finding in findings)
    if as_json:
        found = [finding.as_json() for finding in findings]
        print(json.dumps({"status": "fail" if ill else "ok", "findings": found}))
    else:
        marks = {"ok": "ok  ", "warning": "warn", "fail": "FAIL"}
        for finding in findings:
            print(f"{marks[finding.status]}  {finding.check}: {finding.message}")
            if finding.way_out:
                print(f"      {finding.way_out}")
        print("It is ill." if ill else "It is well.", file=sys.stderr)
    return 1 if ill else 0
