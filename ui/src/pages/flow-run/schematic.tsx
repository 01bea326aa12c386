import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useAsk, useLive } from "@/api/live";
import { Graph, type GraphEdge, type GraphNode } from "@/components/graph";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { useMapped } from "@/components/timeline/use-mapped";
import { MOST } from "@/components/timeline/use-rows";
import { colourOf } from "@/lib/states";
import { FlowRunGraphDocument, TimelineDocument, TimelineLiveDocument } from "./flow-run.gen";
import type { Run } from "./run";

/** The flow's tasks and their order, each in the colour of its state; live. */
export function RunSchematic({ run, active }: { run: Run; active: boolean }) {
  const navigate = useNavigate();
  const flow = useAsk(
    FlowRunGraphDocument,
    useMemo(() => ({ flow: run.flow.id }), [run.flow.id]),
  );
  // The same question as the timeline's, so that both share it.
  const variables = useMemo(() => ({ id: run.id, limit: MOST }), [run.id]);
  const live = useLive(TimelineLiveDocument, variables, { pause: !active });
  const asked = useAsk(TimelineDocument, variables, { pause: active });
  const runs = (active ? live.data : (asked.data ?? live.data))?.task_run;
  const mappedIds = useMemo(
    () => (runs ?? []).filter((one) => one.task?.mapped && one.state).map((one) => one.id),
    [runs],
  );
  const mapped = useMapped(mappedIds, active);
  const byTask = useMemo(() => new Map((runs ?? []).map((one) => [one.task_id, one])), [runs]);
  const tasks = flow.data?.task;
  const nodes = useMemo(
    () =>
      (tasks ?? []).map((task): GraphNode => {
        const taskRun = byTask.get(task.id);
        const counts = taskRun && mapped.get(taskRun.id)?.state_counts;
        const state = taskRun?.state ?? "Pending";
        return {
          id: task.id,
          title: taskRun?.name || task.name || task.id.slice(0, 8),
          state,
          colour: colourOf(worst(counts) ?? state),
          subtitle: counts ? written(counts) : undefined,
        };
      }),
    [tasks, byTask, mapped],
  );
  const edges = useMemo(
    () =>
      (tasks ?? []).flatMap((task) =>
        task.upstream_edges.map(
          (edge): GraphEdge => ({
            source: edge.upstream_task_id,
            target: task.id,
            label: edge.mapped ? "mapped" : undefined,
          }),
        ),
      ),
    [tasks],
  );
  return (
    <Panel flush>
      <Failure error={flow.error ?? live.error ?? asked.error} />
      {!tasks || !runs ? (
        <Skeleton lines={8} />
      ) : tasks.length ? (
        <Graph
          label="Schematic of the run"
          nodes={nodes}
          edges={edges}
          onSelect={(id) => {
            const taskRun = id && byTask.get(id);
            if (taskRun) void navigate({ to: `/task-run/${taskRun.id}` as "/" });
          }}
        />
      ) : (
        <Empty title="This flow has no tasks" />
      )}
    </Panel>
  );
}

function written(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}

/** The state of its children that a mapped task is coloured by: a failure must not hide among a thousand successes. */
function worst(counts: Record<string, number> | undefined): string | undefined {
  if (!counts) return undefined;
  return ["Failed", "TimedOut", "TriggerFailed", "Running", "Retrying"].find((state) => counts[state]);
}
