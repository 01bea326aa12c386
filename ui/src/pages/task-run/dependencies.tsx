import { useMemo } from "react";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { StateBadge } from "@/components/badge";
import { Failure, Panel, Skeleton } from "@/components/panel";
import { TaskRunLink } from "@/components/task-run-link";
import type { TaskRun } from "./task-run";
import { TaskRunEdgesDocument, TaskRunNeighboursDocument, type TaskRunNeighboursQuery } from "./task-run.gen";

type Neighbour = TaskRunNeighboursQuery["task_run"][number];

/** What this task run waited for, and what waits for it. */
export function Dependencies({ run }: { run: TaskRun }) {
  const edges = useAsk(
    TaskRunEdgesDocument,
    useMemo(() => ({ task: run.task_id }), [run.task_id]),
  );
  const found = edges.data?.edge;
  return (
    <Panel title="Dependencies">
      <Failure error={edges.error} />
      {found ? (
        <Neighbours
          run={run}
          upstream={found
            .filter((edge) => edge.downstream_task_id === run.task_id)
            .map((edge) => edge.upstream_task_id)}
          downstream={found
            .filter((edge) => edge.upstream_task_id === run.task_id)
            .map((edge) => edge.downstream_task_id)}
        />
      ) : (
        <Skeleton />
      )}
    </Panel>
  );
}

function Neighbours({
  run,
  upstream,
  downstream,
}: {
  run: TaskRun;
  upstream: string[];
  downstream: string[];
}) {
  const key = [...upstream, ...downstream].join(" ");
  const variables = useMemo(
    () => ({
      run: run.flow_run_id,
      tasks: key ? key.split(" ") : [],
      // A mapped child's neighbours are the children of the same place, or tasks that are not mapped.
      indexes: run.map_index >= 0 ? [-1, run.map_index] : [-1],
    }),
    [run.flow_run_id, run.map_index, key],
  );
  const { data, error } = usePolled(TaskRunNeighboursDocument, variables, 5);
  // Of a mapped task the child at this place, if there is one, and not also its parent.
  const nearest = (task: string): Neighbour | undefined => {
    const runs = (data?.task_run ?? []).filter((one) => one.task_id === task);
    return runs.find((one) => one.map_index === run.map_index) ?? runs[0];
  };
  return (
    <>
      <Failure error={error} />
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <Side title="Waited for" empty="nothing: it is one of the first" runs={upstream.map(nearest)} />
        <Side
          title="What waits for it"
          empty="nothing: it is one of the last"
          runs={downstream.map(nearest)}
        />
      </div>
    </>
  );
}

function Side({ title, empty, runs }: { title: string; empty: string; runs: (Neighbour | undefined)[] }) {
  const found = runs.filter((run) => run !== undefined);
  return (
    <div>
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      {runs.length ? (
        <ul className="flex flex-col gap-1">
          {found.map((run) => (
            <li key={run.id} className="flex flex-wrap items-center gap-x-3">
              <TaskRunLink run={run} />
              <StateBadge state={run.state ?? "Pending"} className="text-muted" />
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-muted">{empty}</p>
      )}
    </div>
  );
}
