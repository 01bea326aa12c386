import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useAsk } from "@/api/live";
import { Labels, Tag } from "@/components/badge";
import { Empty, Facts, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { FlowLink } from "@/components/run-link";
import { DateTime } from "@/components/times";
import { millisecondsOf } from "@/lib/interval";
import { formatDuration } from "@/lib/time";
import { TaskRuns } from "./runs";
import { TaskDocument, type TaskQuery } from "./task.gen";

type Task = NonNullable<TaskQuery["task_by_pk"]>;

/** A task of one version of a flow. */
export default function TaskPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { data, error, loading } = useAsk(
    TaskDocument,
    useMemo(() => ({ id }), [id]),
  );
  const task = data?.task_by_pk;
  if (loading) return <Skeleton lines={8} />;
  if (!task)
    return error ? (
      <Failure error={error} />
    ) : (
      <Empty title="There is no such task">Its flow was deleted, or belongs to another team.</Empty>
    );
  return (
    <>
      <Failure error={error} />
      <PageHeader
        title={task.name ?? "Task"}
        detail={
          <>
            <span>
              <FlowLink flow={task.flow} /> version {task.flow.version}
            </span>
            <span>{task.flow.project.name}</span>
            {task.flow.archived && <Tag tone="warning">archived</Tag>}
            {task.mapped && <Tag>mapped</Tag>}
          </>
        }
      />
      <div className="grid grid-cols-1 gap-4 xl:grid-cols-3">
        <TaskRuns taskId={task.id} className="xl:col-span-2" />
        <div className="flex min-w-0 flex-col gap-4">
          <Details task={task} />
          <Panel title="Dependencies">
            <Edges
              title="Waits for"
              empty="nothing: it is one of the first"
              tasks={task.upstream_edges.map((edge) => ({ ...edge, task: edge.upstream_task }))}
            />
            <Edges
              title="What waits for it"
              empty="nothing: it is one of the last"
              tasks={task.downstream_edges.map((edge) => ({ ...edge, task: edge.downstream_task }))}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}

function Details({ task }: { task: Task }) {
  const delay = millisecondsOf(task.retry_delay);
  const role = [
    task.is_root_task && "root",
    task.is_terminal_task && "terminal",
    task.is_reference_task && "decides the flow's state",
  ].filter(Boolean);
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ["Type", task.type ?? "unknown"],
          [
            "Slug",
            <code key="s" className="break-all">
              {task.slug}
            </code>,
          ],
          ...(task.description ? ([["Description", task.description]] as [string, string][]) : []),
          ["Trigger", task.trigger?.split(".").at(-1) ?? "all_successful"],
          [
            "Retries",
            task.max_retries
              ? `${task.max_retries}${delay === undefined ? "" : `, ${formatDuration(delay)} apart`}`
              : "none",
          ],
          ["Tags", <Labels key="t" labels={task.tags} />],
          ["Role", role.join(", ") || "inner"],
          ["Made by", task.auto_generated ? "Prefect itself" : "the flow"],
          ["Registered", <DateTime key="d" at={task.created} />],
        ]}
      />
    </Panel>
  );
}

interface Edge {
  id: string;
  key: string | null;
  mapped: boolean;
  task: { id: string; name: string | null };
}

function Edges({ title, empty, tasks }: { title: string; empty: string; tasks: Edge[] }) {
  return (
    <div className="mb-3 last:mb-0">
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      {tasks.length ? (
        <ul className="flex flex-col gap-1">
          {tasks.map((edge) => (
            <li key={edge.id} className="flex flex-wrap items-center gap-2">
              <Link to={`/task/${edge.task.id}` as "/"} className="font-medium hover:underline">
                {edge.task.name ?? edge.task.id.slice(0, 8)}
              </Link>
              {edge.key && <span className="text-muted">as {edge.key}</span>}
              {edge.mapped && <Tag>mapped</Tag>}
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-muted">{empty}</p>
      )}
    </div>
  );
}
