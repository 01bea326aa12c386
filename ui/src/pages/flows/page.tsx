import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import type { Flow_Bool_Exp, Flow_Order_By, Order_By } from "@/api/types.gen";
import { StateBadge, Tag } from "@/components/badge";
import { SearchField, Select, Switch } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { RunBars } from "@/components/run-bars";
import { sortOf, sortText } from "@/components/sort";
import { Pager, Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { containing } from "@/lib/like";
import { isUuid } from "@/lib/uuid";
import { FlowsDocument, type FlowsQuery, ProjectNamesDocument } from "./flows.gen";
import { hasClocks, ScheduleSwitch } from "./schedule-switch";

type Flow = FlowsQuery["flow"][number];

const DEFAULTS = { search: "", project: "", archived: false, sort: "name", page: 0 };
const SIZE = 25;
const NONE = {};

function whereOf({ search, project, archived }: typeof DEFAULTS): Flow_Bool_Exp {
  const text = search.trim();
  const like = { _ilike: containing(text) };
  return {
    ...(archived ? {} : { archived: { _eq: false } }),
    ...(project ? { project_id: { _eq: project } } : {}),
    ...(isUuid(text)
      ? { _or: [{ id: { _eq: text } }, { flow_group_id: { _eq: text } }] }
      : text
        ? { _or: [{ name: like }, { project: { name: like } }] }
        : {}),
  };
}

function orderOf(text: string): Flow_Order_By[] {
  const { by, descending } = sortOf(text);
  const way: Order_By = descending ? "desc" : "asc";
  const first: Flow_Order_By =
    by === "project"
      ? { project: { name: way } }
      : by === "version"
        ? { version: way }
        : by === "created"
          ? { created: way }
          : { name: way };
  // The id makes the order the same on each page.
  return [first, { id: "asc" as const }];
}

export default function Flows() {
  const [filters, change] = useFilters(DEFAULTS);
  const variables = useMemo(
    () => ({
      where: whereOf(filters),
      order: orderOf(filters.sort),
      limit: SIZE,
      offset: filters.page * SIZE,
    }),
    [filters],
  );
  const { data, error, loading, refresh } = usePolled(FlowsDocument, variables, 5);
  const projects = useAsk(ProjectNamesDocument, NONE);
  const filtered = Boolean(filters.search || filters.project);
  return (
    <>
      <PageHeader title="Flows" />
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField
          label="Search by name, project or id"
          value={filters.search}
          onChange={(search) => change({ search, page: 0 })}
        />
        <Select
          aria-label="Project"
          className="!w-48"
          value={filters.project}
          onChange={(event) => change({ project: event.target.value, page: 0 })}
        >
          <option value="">All projects</option>
          {projects.data?.project.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
        <Switch
          label="With archived versions"
          checked={filters.archived}
          onChange={(archived) => change({ archived, page: 0 })}
        />
      </div>
      <Panel flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton lines={8} />
        ) : (
          <>
            <Table
              label="Flows"
              rows={data?.flow ?? []}
              rowKey={(flow) => flow.id}
              sort={sortOf(filters.sort)}
              onSort={(sort) => change({ sort: sortText(sort), page: 0 })}
              empty={<NoFlows filtered={filtered} />}
              columns={[
                { key: "name", header: "Name", sortable: true, cell: (flow) => <NameLink flow={flow} /> },
                {
                  key: "project",
                  header: "Project",
                  sortable: true,
                  wide: true,
                  cell: (flow) => flow.project.name,
                },
                {
                  key: "version",
                  header: "Version",
                  sortable: true,
                  align: "right",
                  cell: (flow) => flow.version,
                },
                {
                  key: "schedule",
                  header: "Schedule",
                  cell: (flow) => (
                    <ScheduleSwitch
                      flow={flow}
                      active={flow.is_schedule_active}
                      hasSchedule={hasClocks(flow.flow_group.schedule) || hasClocks(flow.schedule)}
                      onChanged={refresh}
                      hideLabel
                    />
                  ),
                },
                { key: "runs", header: "Last runs", cell: (flow) => <RunBars runs={flow.flow_runs} /> },
                {
                  key: "state",
                  header: "Last state",
                  cell: (flow) => (flow.flow_runs[0] ? <StateBadge state={flow.flow_runs[0].state} /> : null),
                },
                {
                  key: "created",
                  header: "Created",
                  sortable: true,
                  wide: true,
                  cell: (flow) => <RelativeTime at={flow.created} />,
                },
              ]}
            />
            <Pager
              page={filters.page}
              size={SIZE}
              count={data?.flow.length ?? 0}
              total={data?.flow_aggregate.aggregate?.count}
              onPage={(page) => change({ page })}
            />
          </>
        )}
      </Panel>
    </>
  );
}

function NameLink({ flow }: { flow: Flow }) {
  return (
    <span className="inline-flex items-center gap-2">
      <Link
        to={`/flow/${flow.flow_group_id}` as "/"}
        {...(flow.archived && flow.version ? { search: { version: flow.version } as never } : {})}
        className="font-medium hover:underline"
      >
        {flow.name}
      </Link>
      {flow.archived && <Tag>archived</Tag>}
    </span>
  );
}

function NoFlows({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No flow is like that">Search for less, or look at all projects.</Empty>
  ) : (
    <Empty
      title="No flow is registered yet"
      command={"prefect create project my-project\nprefect register --project my-project --path my_flow.py"}
    >
      Tell Prefect to use this server, then register a flow.
    </Empty>
  );
}
