"""Resumes a paused task run. Input: {"task_run"}. Output: the client's reading of its state before and after."""

from prefect.engine.state import Resume

from release import answer, client, given, kind

task_run = given["task_run"]
before = client.get_task_run_state(task_run)
client.set_task_run_state(task_run_id=task_run, version=None, state=Resume("approved"))
answer(before=kind(before), after=kind(client.get_task_run_state(task_run)))
