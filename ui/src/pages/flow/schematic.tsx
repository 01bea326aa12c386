import { useMemo, useState } from "react";
import { useAsk } from "@/api/live";
import { Labels } from "@/components/badge";
import { Graph } from "@/components/graph";
import { Empty, Facts, Failure, Panel, Skeleton } from "@/components/panel";
import type { Looked } from "./data";
import { FlowGraphDocument, type FlowGraphQuery } from "./flow.gen";
import { TaskLink } from "./task-links";

/** How the tasks of the version hang together. */
export function Schematic({ looked: { version } }: { looked: Looked }) {
  const { data, error, loading } = useAsk(FlowGraphDocument, { id: version.id });
  const [selected, setSelected] = useState<string>();
  const nodes = useMemo(
    () =>
      (data?.task ?? []).map((task) => ({
        id: task.id,
        title: task.name ?? task.slug ?? task.id,
        subtitle: [task.type?.split(".").at(-1), task.mapped ? "mapped" : ""].filter(Boolean).join(" · "),
      })),
    [data],
  );
  const edges = useMemo(
    () =>
      (data?.edge ?? []).map((edge) => ({
        source: edge.upstream_task_id,
        target: edge.downstream_task_id,
        label: edge.key ?? undefined,
      })),
    [data],
  );
  if (error) return <Failure error={error} />;
  if (loading) return <Skeleton lines={10} />;
  if (!nodes.length) return <Empty title="This version has no tasks" />;
  const task = data?.task.find((one) => one.id === selected);
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <Panel flush>
        <Graph
          label={`Schematic of version ${version.version ?? ""}`}
          nodes={nodes}
          edges={edges}
          selected={selected}
          onSelect={setSelected}
        />
      </Panel>
      <Panel title={task ? <TaskLink task={task} /> : "Choose a task"}>
        {task ? (
          <TaskDetail task={task} data={data as FlowGraphQuery} onSelect={setSelected} />
        ) : (
          <p className="text-muted">
            Click a task to see what it needs and what needs it. With the keyboard: Tab to a task, then Enter.
          </p>
        )}
      </Panel>
    </div>
  );
}

type Task = FlowGraphQuery["task"][number];

function TaskDetail({
  task,
  data,
  onSelect,
}: {
  task: Task;
  data: FlowGraphQuery;
  onSelect: (id: string) => void;
}) {
  const names = useMemo(
    () => new Map(data.task.map((one) => [one.id, one.name ?? one.slug ?? one.id])),
    [data],
  );
  const before = data.edge.filter((edge) => edge.downstream_task_id === task.id);
  const after = data.edge.filter((edge) => edge.upstream_task_id === task.id);
  const list = (edges: FlowGraphQuery["edge"], end: "upstream_task_id" | "downstream_task_id") =>
    edges.length ? (
      <ul>
        {edges.map((edge) => (
          <li key={edge.id}>
            <button type="button" className="text-left hover:underline" onClick={() => onSelect(edge[end])}>
              {names.get(edge[end])}
              {edge.key && <span className="text-muted"> as {edge.key}</span>}
            </button>
          </li>
        ))}
      </ul>
    ) : (
      "nothing"
    );
  return (
    <Facts
      facts={[
        ["Slug", <code key="slug">{task.slug}</code>],
        ["Type", task.type],
        ["Trigger", task.trigger],
        [
          "Retries",
          task.max_retries ? `${task.max_retries}, after ${task.retry_delay ?? "no time"}` : "none",
        ],
        ["Cache key", task.cache_key ?? "none"],
        ["Tags", <Labels key="tags" labels={task.tags} />],
        ["Needs", list(before, "upstream_task_id")],
        ["Needed by", list(after, "downstream_task_id")],
      ]}
    />
  );
}
