import { useMemo } from "react";
import { useAsk } from "@/api/live";
import type { Order_By } from "@/api/types.gen";
import { Labels, Tag } from "@/components/badge";
import { SearchField } from "@/components/fields";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { sortOf, sortText } from "@/components/sort";
import { Pager, Table } from "@/components/table";
import { useFilters } from "@/lib/filters";
import { containing } from "@/lib/like";
import type { Looked } from "./data";
import { FlowTasksDocument } from "./flow.gen";
import { TaskLink } from "./task-links";

const DEFAULTS = { task: "", order: "name", from: 0 };
const SIZE = 50;

/** The tasks of the version that is looked at. */
export function Tasks({ looked: { version } }: { looked: Looked }) {
  const [filters, change] = useFilters(DEFAULTS);
  const variables = useMemo(() => {
    const { by, descending } = sortOf(filters.order);
    const way: Order_By = descending ? "desc_nulls_last" : "asc_nulls_last";
    const text = filters.task.trim();
    const like = { _ilike: containing(text) };
    return {
      where: { flow_id: { _eq: version.id }, ...(text ? { _or: [{ name: like }, { slug: like }] } : {}) },
      order: [by === "type" ? { type: way } : { name: way }, { id: "asc" as const }],
      limit: SIZE,
      offset: filters.from * SIZE,
    };
  }, [version.id, filters]);
  const { data, error, loading } = useAsk(FlowTasksDocument, variables);
  return (
    <>
      <div className="mb-3">
        <SearchField
          label="Search by name or slug"
          value={filters.task}
          onChange={(task) => change({ task, from: 0 })}
        />
      </div>
      <Panel title={`Tasks of version ${version.version ?? ""}`} flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton lines={8} />
        ) : (
          <>
            <Table
              label="Tasks"
              rows={data?.task ?? []}
              rowKey={(task) => task.id}
              sort={sortOf(filters.order)}
              onSort={(sort) => change({ order: sortText(sort), from: 0 })}
              empty={<Empty title={filters.task ? "No task is called that" : "This version has no tasks"} />}
              columns={[
                {
                  key: "name",
                  header: "Task",
                  sortable: true,
                  cell: (task) => (
                    <span className="inline-flex items-center gap-2">
                      <TaskLink task={task} />
                      {task.mapped && <Tag tone="accent">mapped</Tag>}
                    </span>
                  ),
                },
                { key: "slug", header: "Slug", wide: true, cell: (task) => <code>{task.slug}</code> },
                { key: "type", header: "Type", sortable: true, cell: (task) => lastPart(task.type) },
                { key: "trigger", header: "Trigger", wide: true, cell: (task) => lastPart(task.trigger) },
                {
                  key: "retries",
                  header: "Retries",
                  align: "right",
                  cell: (task) => task.max_retries || "none",
                },
                { key: "tags", header: "Tags", wide: true, cell: (task) => <Labels labels={task.tags} /> },
              ]}
            />
            <Pager
              page={filters.from}
              size={SIZE}
              count={data?.task.length ?? 0}
              total={data?.task_aggregate.aggregate?.count}
              onPage={(from) => change({ from })}
            />
          </>
        )}
      </Panel>
    </>
  );
}

/** "all_successful" of "prefect.triggers.all_successful"; the whole for whoever points at it. */
function lastPart(name: string | null | undefined) {
  return <span title={name ?? ""}>{name?.split(".").at(-1)}</span>;
}
