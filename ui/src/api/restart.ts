/** Restarting a flow run: what failed, and what hangs on it, is done again (contract ui-and-cloud.md A.2.4). */
import { client } from "./client";
import { messageOf } from "./live";
import { DownstreamTasksDocument, FailedTaskRunsDocument, TaskRunVersionsDocument } from "./restart.gen";
import { type PlannedRun, type PlannedTask, runsToRestart } from "./restart-plan";
import { setFlowRunState, setTaskRunStates } from "./set-states";

export const RESTARTABLE = ["Cancelled", "Failed", "TimedOut", "TriggerFailed"];
const FIRST = "00000000-0000-0000-0000-000000000000";
const STEP = 2000;

/** All rows of a query that is asked by ids, one page after another. */
async function all<Row extends { id: string }>(page: (after: string) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const more = await page(rows.at(-1)?.id ?? FIRST);
    rows.push(...more);
    if (more.length < STEP) return rows;
  }
}

async function failedOf(run: string): Promise<{ id: string; task_id: string }[]> {
  return all(async (after) => {
    const result = await client
      .query(FailedTaskRunsDocument, { run, states: RESTARTABLE, after, limit: STEP })
      .toPromise();
    if (result.error) throw new Error(messageOf(result.error));
    return result.data?.task_run ?? [];
  });
}

async function below(run: string, tasks: Iterable<string>): Promise<PlannedTask[]> {
  const result = await client
    .query(DownstreamTasksDocument, { run, tasks: `{${[...new Set(tasks)].join(",")}}` })
    .toPromise();
  if (result.error) throw new Error(messageOf(result.error));
  return (result.data?.utility_downstream_tasks ?? [])
    .filter((row) => row.task_id)
    .sort((a, b) => (a.depth ?? 0) - (b.depth ?? 0))
    .map((row) => ({
      task_id: row.task_id as string,
      upstream: row.task?.upstream_edges ?? [],
      runs: row.task?.task_runs ?? [],
    }));
}

/** Every task run of a flow run, with its version. */
export async function taskRunsOf(
  run: string,
): Promise<{ id: string; version: number; state: string | null }[]> {
  return all(async (after) => {
    const result = await client.query(TaskRunVersionsDocument, { run, after, limit: STEP }).toPromise();
    if (result.error) throw new Error(messageOf(result.error));
    return result.data?.task_run ?? [];
  });
}

const PENDING = { type: "Pending", message: "Restarted by a person." };

async function schedule(run: { id: string; version: number }, plan: PlannedRun[]): Promise<void> {
  await setTaskRunStates(plan, PENDING);
  await setFlowRunState(run, { type: "Scheduled", message: "Restarted by a person." });
}

/** Does again what has failed or was cancelled, and all below it; the flow run is due at once. */
export async function restartFailed(run: { id: string; version: number }): Promise<void> {
  const failed = await failedOf(run.id);
  const plan = failed.length
    ? runsToRestart(
        await below(
          run.id,
          failed.map((one) => one.task_id),
        ),
        new Set(failed.map((one) => one.id)),
      )
    : [];
  await schedule(run, plan);
}

/** Does one task run again, and all below it. */
export async function restartFrom(
  taskRun: { id: string; task_id: string },
  run: { id: string; version: number },
): Promise<void> {
  await schedule(run, runsToRestart(await below(run.id, [taskRun.task_id]), new Set([taskRun.id])));
}
