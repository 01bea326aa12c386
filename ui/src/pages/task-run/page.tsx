import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { act, useAction } from "@/api/act";
import { useLive } from "@/api/live";
import { Artifacts } from "@/components/artifacts/artifacts";
import { StateBadge } from "@/components/badge";
import { EditableName } from "@/components/editable-name";
import { Logs } from "@/components/logs/logs";
import { usePageIcon } from "@/components/page-icon";
import { Empty, Failure, PageHeader, Skeleton } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { StatesTable } from "@/components/states-table";
import { Tabs } from "@/components/tabs";
import { taskRunName } from "@/components/task-run-link";
import { Duration, RelativeTime } from "@/components/times";
import { Actions } from "./actions";
import { Overview } from "./overview";
import { Siblings } from "./siblings";
import type { TaskRun } from "./task-run";
import { RenameTaskRunDocument, TaskRunDocument, TaskRunStatesDocument } from "./task-run.gen";

export default function TaskRunPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const variables = useMemo(() => ({ id }), [id]);
  const { data, error, loading } = useLive(TaskRunDocument, variables);
  const states = useLive(TaskRunStatesDocument, variables);
  const run = data?.task_run_by_pk ?? undefined;
  usePageIcon(run && taskRunName(run), run?.state);
  if (loading) return <Skeleton lines={8} />;
  if (!run)
    return error ? (
      <Failure error={error} />
    ) : (
      <Empty title="There is no such task run">It was deleted, or belongs to another team.</Empty>
    );
  return <Loaded key={id} run={run} error={error} states={states} />;
}

type States = ReturnType<typeof useLive<import("./task-run.gen").TaskRunStatesSubscription, { id: string }>>;

function Loaded({ run, error, states }: { run: TaskRun; error: string | undefined; states: States }) {
  const scope = useMemo(() => ({ flowRun: run.flow_run_id, taskRun: run.id }), [run.flow_run_id, run.id]);
  const artifacts = useMemo(() => ({ task_run_id: { _eq: run.id } }), [run.id]);
  const history = states.data?.task_run_state;
  return (
    <>
      <Failure error={error} />
      <PageHeader
        title={<Name run={run} />}
        detail={
          <>
            <StateBadge state={run.state ?? "Pending"} className="font-medium text-ink" />
            {run.state_message && <span className="break-words">{run.state_message}</span>}
            {run.flow_run && (
              <span>
                in <RunLink run={run.flow_run} /> of <FlowLink flow={run.flow_run.flow} />
              </span>
            )}
            {run.start_time && (
              <>
                <span>
                  started <RelativeTime at={run.start_time} />
                </span>
                <span>
                  took <Duration from={run.start_time} to={run.end_time} />
                </span>
              </>
            )}
          </>
        }
        actions={<Actions run={run} />}
      />
      <Tabs
        label="Parts of the task run"
        tabs={[
          { key: "overview", title: "Overview", content: () => <Overview run={run} states={history} /> },
          ...(run.task?.mapped
            ? [
                {
                  key: "mapped",
                  title: run.map_index < 0 ? "Mapped children" : "Mapped siblings",
                  content: () => <Siblings run={run} />,
                },
              ]
            : []),
          { key: "logs", title: "Logs", content: () => <Logs scope={scope} fileName={taskRunName(run)} /> },
          {
            key: "states",
            title: "States",
            content: () => <StatesTable states={history} error={states.error} />,
          },
          { key: "artifacts", title: "Artifacts", content: () => <Artifacts where={artifacts} /> },
        ]}
      />
      <p className="mt-4">
        <Link to={`/task/${run.task_id}` as "/"} className="text-accent underline">
          All runs of this task
        </Link>
      </p>
    </>
  );
}

const rename = (id: string, name: string) => act(RenameTaskRunDocument, { id, name });

function Name({ run }: { run: TaskRun }) {
  const [send, busy] = useAction(rename, "The task run has its new name.");
  return (
    <EditableName
      name={taskRunName(run)}
      label="Task run's name"
      busy={busy}
      onSave={(name) => send(run.id, name)}
    />
  );
}
