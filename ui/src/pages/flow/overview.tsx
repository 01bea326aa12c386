import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import { Labels, StateBadge } from "@/components/badge";
import { Select } from "@/components/fields";
import { Json } from "@/components/json";
import { Empty, Facts, Failure, Panel, Skeleton } from "@/components/panel";
import { RunLink } from "@/components/run-link";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { WINDOWS } from "@/lib/window";
import { Counts } from "@/pages/dashboard/counts";
import { History } from "@/pages/dashboard/history";
import { InProgress } from "@/pages/dashboard/in-progress";
import { Upcoming } from "@/pages/dashboard/upcoming";
import { flowsOf, type Looked } from "./data";
import { FlowErrorsDocument } from "./flow.gen";
import { TaskRunLink } from "./task-links";
import { useDetails } from "./use-details";

const DEFAULTS = { window: "week" };
const ERRORS = 10;

export function Overview({ looked }: { looked: Looked }) {
  const [{ window }, change] = useFilters(DEFAULTS);
  const flow = useMemo(() => flowsOf(looked), [looked]);
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Select
          aria-label="Window"
          className="!w-36"
          value={window}
          onChange={(event) => change({ window: event.target.value })}
        >
          {Object.keys(WINDOWS).map((name) => (
            <option key={name} value={name}>
              Last {name}
            </option>
          ))}
        </Select>
      </div>
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-6">
        <History flow={flow} className="lg:col-span-4" />
        <Counts flow={flow} window={window} className="lg:col-span-2" />
        <InProgress flow={flow} className="lg:col-span-3" />
        <Upcoming flow={flow} className="lg:col-span-3" />
        <Errors looked={looked} />
        <Details looked={looked} />
      </div>
    </>
  );
}

/** The newest failed runs, each with the tasks that failed first. */
function Errors({ looked }: { looked: Looked }) {
  const variables = useMemo(() => ({ flow: flowsOf(looked), limit: ERRORS }), [looked]);
  const { data, error, loading } = usePolled(FlowErrorsDocument, variables, 15);
  return (
    <Panel title="Recent errors" className="lg:col-span-4">
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : data?.flow_run.length ? (
        <ul className="flex flex-col gap-4">
          {data.flow_run.map((run) => (
            <li key={run.id} className="flex flex-col gap-1">
              <span className="flex flex-wrap items-center gap-x-3">
                <StateBadge state={run.state} />
                <RunLink run={run} />
                <span className="text-muted">
                  <RelativeTime at={run.end_time} />
                </span>
              </span>
              {run.state_message && <span className="break-words text-muted">{run.state_message}</span>}
              {run.task_runs.map((task) => (
                <span key={task.id} className="border-l-2 border-line pl-3 break-words">
                  <TaskRunLink run={task} /> <span className="text-muted">{task.state_message}</span>
                </span>
              ))}
            </li>
          ))}
        </ul>
      ) : (
        <Empty title="No run has failed" />
      )}
    </Panel>
  );
}

function Details({ looked: { group, version } }: { looked: Looked }) {
  const { data, error, loading } = useDetails(version.id);
  return (
    <Panel title={`Version ${version.version ?? ""}`} className="lg:col-span-2">
      <Failure error={error} />
      {loading || !data ? (
        !error && <Skeleton lines={6} />
      ) : (
        <div className="flex flex-col gap-4">
          <Facts
            facts={[
              ["Registered", <RelativeTime key="at" at={data.created} />],
              ["Prefect", data.core_version ?? "unknown"],
              ["Tasks", data.tasks_aggregate.aggregate?.count.toLocaleString()],
              ["Labels", <Labels key="labels" labels={group.labels ?? labelsOf(data)} />],
              ["Flow id", <code key="id">{version.id}</code>],
              ["Group id", <code key="group">{group.id}</code>],
              ["Version group", data.version_group_id],
            ]}
          />
          {data.schedule_error && <Failure error={`Its schedule cannot be read: ${data.schedule_error}`} />}
          <Collapsed title="Parameters" value={data.parameters} />
          <Collapsed title="Run config" value={group.run_config ?? data.run_config} />
          <Collapsed title="Storage" value={data.storage} />
          {data.environment != null && <Collapsed title="Environment" value={data.environment} />}
        </div>
      )}
    </Panel>
  );
}

/** The labels with which a version was registered: its run config's, or its environment's in older clients. */
function labelsOf(data: { run_config: unknown; environment: unknown }): unknown {
  const config = (data.run_config ?? data.environment) as { labels?: unknown } | null;
  return config?.labels;
}

function Collapsed({ title, value }: { title: string; value: unknown }) {
  return (
    <details>
      <summary className="cursor-pointer font-medium">{title}</summary>
      <div className="mt-2">
        <Json value={value} label={title} />
      </div>
    </details>
  );
}
