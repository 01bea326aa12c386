import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import { StateBadge } from "@/components/badge";
import { SearchField, Switch } from "@/components/fields";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { sortOf, sortText } from "@/components/sort";
import { StateFilter } from "@/components/state-filter";
import { Pager, Table } from "@/components/table";
import { TaskRunLink } from "@/components/task-run-link";
import { StateCounts } from "@/components/timeline/counts";
import { useMapped } from "@/components/timeline/use-mapped";
import { Duration, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { STATE_GROUPS } from "../runs/filters";
import { Approve } from "./approve";
import { FlowRunTasksDocument } from "./flow-run.gen";
import { DEFAULTS, orderOf, whereOf } from "./task-filters";

const SIZE = 50;

/** The task runs of a flow run. */
export function Tasks({ runId, active }: { runId: string; active: boolean }) {
  const [filters, change] = useFilters(DEFAULTS);
  const { name, state, children, sort, page } = filters;
  const variables = useMemo(
    () => ({
      where: whereOf(runId, { name, state, children }),
      order: orderOf(sort),
      limit: SIZE,
      offset: Math.max(0, page) * SIZE,
    }),
    [runId, name, state, children, sort, page],
  );
  const { data, error, loading } = usePolled(FlowRunTasksDocument, variables, active ? 3 : 30);
  const rows = data?.task_run;
  const parents = useMemo(
    () => (rows ?? []).filter((run) => run.map_index < 0 && run.task?.mapped).map((run) => run.id),
    [rows],
  );
  const mapped = useMapped(parents, active);
  return (
    <Panel
      flush
      title="Task runs"
      actions={
        <>
          <StateFilter
            groups={STATE_GROUPS}
            chosen={state}
            onChange={(chosen) => change({ state: chosen, page: 0 })}
          />
          <SearchField
            label="Task's name"
            value={name}
            onChange={(text) => change({ name: text, page: 0 })}
          />
          <Switch
            label="Mapped children"
            checked={children}
            onChange={(on) => change({ children: on, page: 0 })}
          />
        </>
      }
    >
      <Failure error={error} />
      {loading && !rows ? (
        <Skeleton lines={8} />
      ) : (
        <Table
          label="Task runs"
          rows={rows ?? []}
          rowKey={(run) => run.id}
          sort={sortOf(sort)}
          onSort={(next) => change({ sort: sortText(next), page: 0 })}
          empty={
            <Empty title={name || state.length ? "No task run is like that" : "This run has no tasks"} />
          }
          columns={[
            {
              key: "state",
              header: "State",
              sortable: true,
              cell: (run) => <StateBadge state={run.state} />,
            },
            { key: "task", header: "Task", cell: (run) => <TaskRunLink run={run} /> },
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
              cell: (run) => {
                const counts = mapped.get(run.id)?.state_counts;
                return counts && Object.values(counts).some(Boolean) ? (
                  <StateCounts counts={counts} />
                ) : (
                  <span title={run.state_message ?? ""}>{run.state_message}</span>
                );
              },
            },
            {
              key: "actions",
              header: <span className="sr-only">Actions</span>,
              align: "right",
              cell: (run) => (run.state === "Paused" ? <Approve run={run} /> : null),
            },
          ]}
        />
      )}
      <Pager page={page} size={SIZE} count={rows?.length ?? 0} onPage={(next) => change({ page: next })} />
    </Panel>
  );
}
