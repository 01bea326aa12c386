/** Which task runs have to run again when a run is restarted. */

export interface PlannedRun {
  id: string;
  version: number;
  map_index: number;
  state: string | null;
}

export interface PlannedTask {
  task_id: string;
  upstream: { upstream_task_id: string; mapped: boolean }[];
  runs: PlannedRun[];
}

const CHILD = (task: string, index: number) => `${task} ${index}`;

/**
 * The task runs among `tasks` (those that have failed and all below them, the upper ones first) that begin anew:
 * what has failed (`failed`, ids of task runs), and what stands below something that begins anew. A child of a mapped
 * task depends on the child of the same index where its upstream task is mapped over too, so that of a thousand children
 * only those that failed are done again, and what was made of them. A mapped parent that has mapped stays as it is: the
 * client goes on from it to its children.
 */
export function runsToRestart(tasks: readonly PlannedTask[], failed: ReadonlySet<string>): PlannedRun[] {
  const anew = new Set<string>();
  const whole = new Set<string>();
  const mapped = new Set(
    tasks.filter((task) => task.runs.some((run) => run.map_index >= 0)).map((task) => task.task_id),
  );
  const chosen: PlannedRun[] = [];
  for (const task of tasks)
    for (const run of task.runs) {
      const below = task.upstream.some(({ upstream_task_id: upstream, mapped: over }) =>
        over && run.map_index >= 0 && mapped.has(upstream)
          ? anew.has(CHILD(upstream, run.map_index))
          : whole.has(upstream),
      );
      if (!below && !failed.has(run.id)) continue;
      anew.add(CHILD(task.task_id, run.map_index));
      whole.add(task.task_id);
      if (run.state !== "Mapped" && run.state !== "Pending") chosen.push(run);
    }
  return chosen;
}
