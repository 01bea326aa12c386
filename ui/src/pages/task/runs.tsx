import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import { StateBadge } from "@/components/badge";
import { Select } from "@/components/fields";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { RunLink } from "@/components/run-link";
import { sortOf, sortText } from "@/components/sort";
import { StateFilter } from "@/components/state-filter";
import { Pager, Table } from "@/components/table";
import { TaskRunLink } from "@/components/task-run-link";
import { Duration, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { useSince, WINDOWS } from "@/lib/window";
import { orderOf } from "../flow-run/task-filters";
import { STATE_GROUPS } from "../runs/filters";
import { TaskTaskRunsDocument } from "./task.gen";

const DEFAULTS = { window: "week", state: [] as string[], sort: "-start_time", page: 0 };
const SIZE = 50;

/** The runs of a task that have begun in the window. */
export function TaskRuns({ taskId, className }: { taskId: string; className?: string }) {
  const [{ window, state, sort, page }, change] = useFilters(DEFAULTS);
  const since = useSince(window);
  const variables = useMemo(
    () => ({
      where: {
        task_id: { _eq: taskId },
        start_time: { _gte: since },
        ...(state.length ? { state: { _in: state } } : {}),
      },
      order: orderOf(sort),
      limit: SIZE,
      offset: Math.max(0, page) * SIZE,
    }),
    [taskId, since, state, sort, page],
  );
  const { data, error, loading } = usePolled(TaskTaskRunsDocument, variables, 5);
  const rows = data?.task_run;
  return (
    <Panel
      flush
      className={className ?? ""}
      title="Runs"
      actions={
        <>
          <StateFilter
            groups={STATE_GROUPS}
            chosen={state}
            onChange={(chosen) => change({ state: chosen, page: 0 })}
          />
          <Select
            aria-label="Window"
            className="!w-36"
            value={window}
            onChange={(event) => change({ window: event.target.value, page: 0 })}
          >
            {Object.keys(WINDOWS).map((name) => (
              <option key={name} value={name}>
                Last {name}
              </option>
            ))}
          </Select>
        </>
      }
    >
      <Failure error={error} />
      {loading && !rows ? (
        <Skeleton lines={8} />
      ) : (
        <Table
          label="Runs of the task"
          rows={rows ?? []}
          rowKey={(run) => run.id}
          sort={sortOf(sort)}
          onSort={(next) => change({ sort: sortText(next), page: 0 })}
          empty={<Empty title={`It has not run in the last ${window}`}>Choose a longer window.</Empty>}
          columns={[
            {
              key: "state",
              header: "State",
              sortable: true,
              cell: (run) => <StateBadge state={run.state} />,
            },
            { key: "run", header: "Task run", cell: (run) => <TaskRunLink run={run} /> },
            {
              key: "flow",
              header: "Flow run",
              cell: (run) => run.flow_run && <RunLink run={run.flow_run} />,
            },
            {
              key: "start_time",
              header: "Started",
              sortable: true,
              cell: (run) => <RelativeTime at={run.start_time} />,
            },
            {
              key: "took",
              header: "Took",
              align: "right",
              cell: (run) => <Duration from={run.start_time} to={run.end_time} />,
            },
            {
              key: "message",
              header: "Message",
              wide: true,
              cell: (run) => <span title={run.state_message ?? ""}>{run.state_message}</span>,
            },
          ]}
        />
      )}
      <Pager page={page} size={SIZE} count={rows?.length ?? 0} onPage={(next) => change({ page: next })} />
    </Panel>
  );
}
