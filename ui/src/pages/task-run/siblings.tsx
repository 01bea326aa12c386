import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import { StateBadge } from "@/components/badge";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { StateFilter } from "@/components/state-filter";
import { Pager, Table } from "@/components/table";
import { TaskRunLink } from "@/components/task-run-link";
import { Duration, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { STATE_GROUPS } from "../runs/filters";
import type { TaskRun } from "./task-run";
import { SiblingsDocument } from "./task-run.gen";

const DEFAULTS = { state: [] as string[], page: 0 };
const SIZE = 50;

/** The children of the mapped task that this one is, or is one of. */
export function Siblings({ run }: { run: TaskRun }) {
  const [{ state, page }, change] = useFilters(DEFAULTS);
  const variables = useMemo(
    () => ({
      where: {
        flow_run_id: { _eq: run.flow_run_id },
        task_id: { _eq: run.task_id },
        map_index: { _gte: 0 },
        ...(state.length ? { state: { _in: state } } : {}),
      },
      limit: SIZE,
      offset: Math.max(0, page) * SIZE,
    }),
    [run.flow_run_id, run.task_id, state, page],
  );
  const { data, error, loading } = usePolled(SiblingsDocument, variables, 5);
  const rows = data?.task_run;
  return (
    <Panel
      flush
      title={run.map_index < 0 ? "Mapped children" : "Mapped siblings"}
      actions={
        <StateFilter
          groups={STATE_GROUPS}
          chosen={state}
          onChange={(chosen) => change({ state: chosen, page: 0 })}
        />
      }
    >
      <Failure error={error} />
      {loading && !rows ? (
        <Skeleton />
      ) : (
        <Table
          label="Mapped task runs"
          rows={rows ?? []}
          rowKey={(one) => one.id}
          empty={
            <Empty title={state.length ? "None is in such a state" : "The task has not been mapped yet"} />
          }
          columns={[
            { key: "number", header: "Number", align: "right", width: "5rem", cell: (one) => one.map_index },
            { key: "state", header: "State", cell: (one) => <StateBadge state={one.state} /> },
            {
              key: "run",
              header: "Task run",
              cell: (one) =>
                one.id === run.id ? (
                  <span className="font-medium">this one</span>
                ) : (
                  <TaskRunLink run={{ ...one, task: run.task }} />
                ),
            },
            { key: "start", header: "Started", cell: (one) => <RelativeTime at={one.start_time} /> },
            {
              key: "took",
              header: "Took",
              align: "right",
              cell: (one) => <Duration from={one.start_time} to={one.end_time} />,
            },
            {
              key: "message",
              header: "Message",
              wide: true,
              cell: (one) => <span title={one.state_message ?? ""}>{one.state_message}</span>,
            },
          ]}
        />
      )}
      <Pager page={page} size={SIZE} count={rows?.length ?? 0} onPage={(next) => change({ page: next })} />
    </Panel>
  );
}
