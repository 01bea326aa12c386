import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import type { Flow_Run_Bool_Exp, Flow_Run_Order_By, Order_By } from "@/api/types.gen";
import { Labels, StateBadge } from "@/components/badge";
import { SearchField } from "@/components/fields";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { RunLink } from "@/components/run-link";
import { sortOf, sortText } from "@/components/sort";
import { StateFilter } from "@/components/state-filter";
import { Pager, Table } from "@/components/table";
import { Duration, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { containing } from "@/lib/like";
import { ACTIVE, FAILED, SUCCEEDED, WAITING } from "@/lib/states";
import { flowsOf, type Looked } from "./data";
import { FlowRunsDocument } from "./flow.gen";

const DEFAULTS = { name: "", states: [] as string[], sort: "-scheduled_start_time", page: 0 };
const SIZE = 25;
const GROUPS = [
  { title: "Succeeded", states: SUCCEEDED },
  { title: "Failed", states: FAILED },
  { title: "Running", states: ACTIVE },
  { title: "Waiting", states: WAITING },
  { title: "Cancelled", states: ["Cancelled"] },
];

function orderOf(text: string): Flow_Run_Order_By[] {
  const { by, descending } = sortOf(text);
  const way: Order_By = descending ? "desc_nulls_last" : "asc_nulls_last";
  const first: Flow_Run_Order_By =
    by === "name"
      ? { name: way }
      : by === "state"
        ? { state: way }
        : by === "end_time"
          ? { end_time: way }
          : { scheduled_start_time: descending ? "desc" : "asc" };
  return [first, { id: "asc" }];
}

export function Runs({ looked }: { looked: Looked }) {
  const [filters, change] = useFilters(DEFAULTS);
  const variables = useMemo(() => {
    const where: Flow_Run_Bool_Exp = {
      flow: flowsOf(looked),
      ...(filters.name.trim() ? { name: { _ilike: containing(filters.name.trim()) } } : {}),
      ...(filters.states.length ? { state: { _in: filters.states } } : {}),
    };
    return { where, order: orderOf(filters.sort), limit: SIZE, offset: filters.page * SIZE };
  }, [looked, filters]);
  const { data, error, loading } = usePolled(FlowRunsDocument, variables, 5);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField
          label="Search by the run's name"
          value={filters.name}
          onChange={(name) => change({ name, page: 0 })}
        />
        <StateFilter
          groups={GROUPS}
          chosen={filters.states}
          onChange={(states) => change({ states, page: 0 })}
        />
      </div>
      <Panel flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton lines={8} />
        ) : (
          <>
            <Table
              label="Runs"
              rows={data?.flow_run ?? []}
              rowKey={(run) => run.id}
              sort={sortOf(filters.sort)}
              onSort={(sort) => change({ sort: sortText(sort), page: 0 })}
              empty={
                filters.name || filters.states.length ? (
                  <Empty title="No run is like that">Look at all states, or search for less.</Empty>
                ) : (
                  <Empty title="It has not been run yet">Start a run with the button above.</Empty>
                )
              }
              columns={[
                { key: "name", header: "Run", sortable: true, cell: (run) => <RunLink run={run} /> },
                {
                  key: "state",
                  header: "State",
                  sortable: true,
                  cell: (run) => <StateBadge state={run.state} />,
                },
                {
                  key: "scheduled_start_time",
                  header: "Scheduled",
                  sortable: true,
                  cell: (run) => <RelativeTime at={run.scheduled_start_time} />,
                },
                {
                  key: "duration",
                  header: "Took",
                  align: "right",
                  cell: (run) => <Duration from={run.start_time} to={run.end_time} />,
                },
                {
                  key: "end_time",
                  header: "Ended",
                  sortable: true,
                  wide: true,
                  cell: (run) => run.end_time && <RelativeTime at={run.end_time} />,
                },
                {
                  key: "version",
                  header: "Version",
                  align: "right",
                  wide: true,
                  cell: (run) => run.flow.version,
                },
                {
                  key: "labels",
                  header: "Labels",
                  wide: true,
                  cell: (run) => <Labels labels={run.labels} />,
                },
                {
                  key: "message",
                  header: "Message",
                  wide: true,
                  cell: (run) => <span title={run.state_message ?? ""}>{run.state_message}</span>,
                },
              ]}
            />
            <Pager
              page={filters.page}
              size={SIZE}
              count={data?.flow_run.length ?? 0}
              total={data?.flow_run_aggregate.aggregate?.count}
              onPage={(page) => change({ page })}
            />
          </>
        )}
      </Panel>
    </>
  );
}
