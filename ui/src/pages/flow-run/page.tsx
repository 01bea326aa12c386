import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { act, useAction } from "@/api/act";
import { useLive } from "@/api/live";
import { Artifacts } from "@/components/artifacts/artifacts";
import { StateBadge } from "@/components/badge";
import { EditableName } from "@/components/editable-name";
import { Logs } from "@/components/logs/logs";
import { usePageIcon } from "@/components/page-icon";
import { Empty, Failure, PageHeader, Skeleton } from "@/components/panel";
import { FlowLink } from "@/components/run-link";
import { StatesTable } from "@/components/states-table";
import { Tabs } from "@/components/tabs";
import { Duration, RelativeTime } from "@/components/times";
import { isFinished } from "@/lib/states";
import { Actions } from "./actions";
import { FlowRunDocument, FlowRunStatesDocument, RenameFlowRunDocument } from "./flow-run.gen";
import { Overview } from "./overview";
import { nameOf, type Run } from "./run";
import { RunSchematic } from "./schematic";
import { Tasks } from "./tasks";

export default function FlowRunPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { data, error, loading } = useLive(
    FlowRunDocument,
    useMemo(() => ({ id }), [id]),
  );
  const run = data?.flow_run_by_pk ?? undefined;
  usePageIcon(run && nameOf(run), run?.state);
  if (loading) return <Skeleton lines={8} />;
  if (!run)
    return error ? (
      <Failure error={error} />
    ) : (
      <Empty title="There is no such run">It was deleted, or belongs to another team.</Empty>
    );
  return <FlowRun key={id} run={run} error={error} />;
}

function FlowRun({ run, error }: { run: Run; error: string | undefined }) {
  const active = !isFinished(run.state);
  const artifacts = useMemo(() => ({ task_run: { flow_run_id: { _eq: run.id } } }), [run.id]);
  const scope = useMemo(() => ({ flowRun: run.id }), [run.id]);
  return (
    <>
      <Failure error={error} />
      <PageHeader
        title={<Name run={run} />}
        detail={
          <>
            <StateBadge state={run.state} className="font-medium text-ink" />
            {run.state_message && <span className="break-words">{run.state_message}</span>}
            <span>
              <FlowLink flow={run.flow} /> version {run.flow.version}
            </span>
            <span>
              {run.start_time ? "started " : "scheduled "}
              <RelativeTime at={run.start_time ?? run.scheduled_start_time} />
            </span>
            {run.start_time && (
              <span>
                took <Duration from={run.start_time} to={run.end_time} />
              </span>
            )}
          </>
        }
        actions={<Actions run={run} />}
      />
      <Tabs
        label="Parts of the run"
        tabs={[
          { key: "overview", title: "Overview", content: () => <Overview run={run} active={active} /> },
          { key: "tasks", title: "Tasks", content: () => <Tasks runId={run.id} active={active} /> },
          { key: "schematic", title: "Schematic", content: () => <RunSchematic run={run} active={active} /> },
          { key: "logs", title: "Logs", content: () => <Logs scope={scope} fileName={nameOf(run)} /> },
          { key: "states", title: "States", content: () => <States runId={run.id} /> },
          { key: "artifacts", title: "Artifacts", content: () => <Artifacts where={artifacts} /> },
        ]}
      />
    </>
  );
}

const rename = (id: string, name: string) => act(RenameFlowRunDocument, { id, name });

function Name({ run }: { run: Run }) {
  const [send, busy] = useAction(rename, "The run has its new name.");
  return (
    <EditableName name={nameOf(run)} label="Run's name" busy={busy} onSave={(name) => send(run.id, name)} />
  );
}

function States({ runId }: { runId: string }) {
  const { data, error } = useLive(
    FlowRunStatesDocument,
    useMemo(() => ({ id: runId }), [runId]),
  );
  return <StatesTable states={data?.flow_run_state} error={error} />;
}
