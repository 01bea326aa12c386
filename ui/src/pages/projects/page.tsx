import { Link } from "@tanstack/react-router";
import { FolderPlus } from "lucide-react";
import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { usePolled } from "@/api/polled";
import { mustSucceed } from "@/api/succeed";
import type { Order_By } from "@/api/types.gen";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { SearchField } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { sortOf, sortText } from "@/components/sort";
import { Pager, Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { containing } from "@/lib/like";
import { ProjectForm } from "./form";
import { DeleteProjectDocument, ProjectsDocument, type ProjectsQuery } from "./projects.gen";

export type Project = ProjectsQuery["project"][number];

const DEFAULTS = { search: "", sort: "name", page: 0 };
const SIZE = 25;

export default function Projects() {
  const [filters, change] = useFilters(DEFAULTS);
  const [form, setForm] = useState<{ project?: Project }>();
  const variables = useMemo(() => {
    const { by, descending } = sortOf(filters.sort);
    const way: Order_By = descending ? "desc" : "asc";
    return {
      where: filters.search.trim() ? { name: { _ilike: containing(filters.search.trim()) } } : {},
      order: [by === "created" ? { created: way } : { name: way }, { id: "asc" as const }],
      limit: SIZE,
      offset: filters.page * SIZE,
    };
  }, [filters]);
  const { data, error, loading, refresh } = usePolled(ProjectsDocument, variables, 10);
  return (
    <>
      <PageHeader
        title="Projects"
        actions={
          <Button
            kind="primary"
            icon={<FolderPlus className="size-4" aria-hidden />}
            onClick={() => setForm({})}
          >
            New project
          </Button>
        }
      />
      <div className="mb-3">
        <SearchField
          label="Search by name"
          value={filters.search}
          onChange={(search) => change({ search, page: 0 })}
        />
      </div>
      <Panel flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton lines={6} />
        ) : (
          <>
            <Table
              label="Projects"
              rows={data?.project ?? []}
              rowKey={(project) => project.id}
              sort={sortOf(filters.sort)}
              onSort={(sort) => change({ sort: sortText(sort), page: 0 })}
              empty={
                filters.search ? (
                  <Empty title="No project is called that" />
                ) : (
                  <Empty title="There is no project yet" command="prefect create project my-project">
                    Flows are registered in a project.
                  </Empty>
                )
              }
              columns={[
                {
                  key: "name",
                  header: "Name",
                  sortable: true,
                  cell: (project) => (
                    <Link
                      to={"/flows" as "/"}
                      search={{ project: project.id } as never}
                      className="font-medium hover:underline"
                    >
                      {project.name}
                    </Link>
                  ),
                },
                {
                  key: "description",
                  header: "Description",
                  wide: true,
                  cell: (project) => <span title={project.description ?? ""}>{project.description}</span>,
                },
                {
                  key: "flows",
                  header: "Flows",
                  align: "right",
                  cell: (project) => project.active.aggregate?.count.toLocaleString(),
                },
                {
                  key: "archived",
                  header: "Archived versions",
                  align: "right",
                  wide: true,
                  cell: (project) => project.archived.aggregate?.count.toLocaleString(),
                },
                {
                  key: "created",
                  header: "Created",
                  sortable: true,
                  wide: true,
                  cell: (project) => <RelativeTime at={project.created} />,
                },
                {
                  key: "actions",
                  header: <span className="sr-only">Actions</span>,
                  align: "right",
                  cell: (project) => (
                    <span className="inline-flex gap-1">
                      <Button
                        kind="ghost"
                        aria-label={`Edit ${project.name}`}
                        onClick={() => setForm({ project })}
                      >
                        Edit
                      </Button>
                      <Delete project={project} onDeleted={refresh} />
                    </span>
                  ),
                },
              ]}
            />
            <Pager
              page={filters.page}
              size={SIZE}
              count={data?.project.length ?? 0}
              total={data?.project_aggregate.aggregate?.count}
              onPage={(page) => change({ page })}
            />
          </>
        )}
      </Panel>
      {form && (
        <ProjectForm
          project={form.project}
          onClose={() => setForm(undefined)}
          onDone={() => {
            setForm(undefined);
            refresh();
          }}
        />
      )}
    </>
  );
}

const remove = async (project: Project) =>
  mustSucceed(
    (await act(DeleteProjectDocument, { id: project.id })).delete_project,
    "The project is gone already.",
  );

function Delete({ project, onDeleted }: { project: Project; onDeleted: () => void }) {
  const [send, busy] = useAction(remove, (one) => `The project ${one.name} is deleted.`);
  const active = project.active.aggregate?.count ?? 0;
  const archived = project.archived.aggregate?.count ?? 0;
  return (
    <ConfirmButton
      kind="ghost"
      question={`Delete the project ${project.name}?`}
      detail={
        active + archived
          ? `${active.toLocaleString()} flows and ${archived.toLocaleString()} archived versions are in it. They are deleted with all their runs and logs. To keep a flow, move it to another project first, in its settings. This cannot be undone.`
          : "There is no flow in it. This cannot be undone."
      }
      confirm="Delete the project"
      busy={busy}
      onConfirm={async () => {
        if (await send(project)) onDeleted();
      }}
    >
      Delete
    </ConfirmButton>
  );
}
