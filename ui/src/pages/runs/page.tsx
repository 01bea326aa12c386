import { X } from "lucide-react";
import { useMemo } from "react";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Labels, StateBadge } from "@/components/badge";
import { Button } from "@/components/button";
import { SearchField, Select } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { sortOf, sortText } from "@/components/sort";
import { StateFilter } from "@/components/state-filter";
import { type Column, Pager, Table } from "@/components/table";
import { Duration, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { useNow } from "@/lib/time";
import { useSince, WINDOWS } from "@/lib/window";
import { DEFAULTS, type Filters, orderOf, STATE_GROUPS, whereOf } from "./filters";
import { RunsDocument, RunsProjectsDocument, type RunsQuery, type RunsQueryVariables } from "./runs.gen";
import { useFlows } from "./use-flows";

type Run = RunsQuery["flow_run"][number];
const SIZE = 50;
const NONE = {};

const COLUMNS: Column<Run>[] = [
  {
    key: "state",
    header: "State",
    cell: (run) => (
      <span title={run.state_message ?? ""}>
        <StateBadge state={run.state} />
      </span>
    ),
  },
  { key: "run", header: "Run", cell: (run) => <RunLink run={run} /> },
  { key: "flow", header: "Flow", cell: (run) => <FlowLink flow={run.flow} /> },
  { key: "project", header: "Project", wide: true, cell: (run) => run.flow.project.name },
  {
    key: "scheduled_start_time",
    header: "Scheduled",
    sortable: true,
    cell: (run) => <RelativeTime at={run.scheduled_start_time} />,
  },
  {
    key: "start_time",
    header: "Started",
    sortable: true,
    wide: true,
    cell: (run) => <RelativeTime at={run.start_time} />,
  },
  {
    key: "duration",
    header: "Took",
    align: "right",
    cell: (run) => <Duration from={run.start_time} to={run.end_time} />,
  },
  { key: "labels", header: "Labels", wide: true, cell: (run) => <Labels labels={run.labels} /> },
];

/** Every run of every flow. */
export default function Runs() {
  const [filters, change] = useFilters(DEFAULTS);
  const since = useSince(filters.window);
  // In steps of a minute, like `since`: the question stays the same from one poll to the next.
  const minute = Math.ceil(useNow() / 60_000) * 60_000;
  const flows = useFlows(filters.flow, minute);
  const variables = useMemo(
    () =>
      flows && {
        where: whereOf(
          { ...filters, flow: flows.name },
          filters.window ? since : undefined,
          new Date(minute).toISOString(),
          flows.ids,
        ),
        order: orderOf(filters.sort),
        limit: SIZE,
        offset: Math.max(0, filters.page) * SIZE,
      },
    [filters, since, minute, flows],
  );
  return (
    <>
      <PageHeader title="Runs" />
      <FilterBar filters={filters} change={(changed) => change({ ...changed, page: 0 })} />
      <Panel flush>
        {variables ? (
          <Found variables={variables} filters={filters} change={change} />
        ) : (
          <Skeleton lines={8} />
        )}
      </Panel>
    </>
  );
}

function Found({
  variables,
  filters,
  change,
}: {
  variables: RunsQueryVariables;
  filters: Filters;
  change: (changed: Partial<Filters>) => void;
}) {
  const { data, error, loading } = usePolled(RunsDocument, variables, 5);
  const rows = data?.flow_run;
  return (
    <>
      <Failure error={error} />
      {loading && !rows ? (
        <Skeleton lines={8} />
      ) : (
        <Table
          label="Flow runs"
          columns={COLUMNS}
          rows={rows ?? []}
          rowKey={(run) => run.id}
          sort={sortOf(filters.sort)}
          onSort={(sort) => change({ sort: sortText(sort), page: 0 })}
          empty={
            <Empty title="No run is like that">
              {filters.state.length
                ? "Choose other states, or a longer window."
                : "Runs that are not due yet are left out: choose Upcoming to see them."}
            </Empty>
          }
        />
      )}
      <Pager page={filters.page} size={SIZE} count={rows?.length ?? 0} onPage={(page) => change({ page })} />
    </>
  );
}

function FilterBar({ filters, change }: { filters: Filters; change: (changed: Partial<Filters>) => void }) {
  const { data } = useAsk(RunsProjectsDocument, NONE);
  const filtered = Object.entries(DEFAULTS).some(
    ([name, initial]) =>
      name !== "page" && JSON.stringify(filters[name as keyof Filters]) !== JSON.stringify(initial),
  );
  return (
    <search className="mb-4 flex flex-wrap items-center gap-2">
      <StateFilter groups={STATE_GROUPS} chosen={filters.state} onChange={(state) => change({ state })} />
      <SearchField label="Flow's name" value={filters.flow} onChange={(flow) => change({ flow })} />
      <SearchField label="Run's name" value={filters.run} onChange={(run) => change({ run })} />
      <SearchField label="Labels, by commas" value={filters.label} onChange={(label) => change({ label })} />
      <Select
        aria-label="Project"
        className="!w-44"
        value={filters.project}
        onChange={(event) => change({ project: event.target.value })}
      >
        <option value="">All projects</option>
        {data?.project.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Window"
        className="!w-36"
        value={filters.window}
        onChange={(event) => change({ window: event.target.value })}
      >
        <option value="">All times</option>
        {Object.keys(WINDOWS).map((name) => (
          <option key={name} value={name}>
            Last {name}
          </option>
        ))}
      </Select>
      {filtered && (
        <Button kind="ghost" icon={<X className="size-4" aria-hidden />} onClick={() => change(DEFAULTS)}>
          Clear
        </Button>
      )}
    </search>
  );
}
