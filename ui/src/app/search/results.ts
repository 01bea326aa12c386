import type { SearchQuery } from "./search.gen";

export interface Found {
  /** The kind of thing, as the list groups them. */
  group: string;
  id: string;
  text: string;
  to: string;
  state?: string | null;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text.trim());
}

/** What was found, with the page of each. */
export function resultsOf(data: SearchQuery | undefined): Found[] {
  if (!data) return [];
  const short = (one: { id: string; name?: string | null }) => one.name || one.id.slice(0, 8);
  return [
    ...data.flow.map((one) => ({
      group: "Flows",
      id: one.id,
      text: `${one.name}, version ${one.version}`,
      to: `/flow/${one.id}`,
    })),
    ...data.flow_run.map((one) => ({
      group: "Flow runs",
      id: one.id,
      text: short(one),
      to: `/flow-run/${one.id}`,
      state: one.state ?? null,
    })),
    ...data.task.map((one) => ({ group: "Tasks", id: one.id, text: short(one), to: `/task/${one.id}` })),
    ...data.task_run.map((one) => ({
      group: "Task runs",
      id: one.id,
      text: short(one),
      to: `/task-run/${one.id}`,
      state: one.state ?? null,
    })),
    ...data.project.map((one) => ({
      group: "Projects",
      id: one.id,
      text: short(one),
      to: `/?project=${one.id}`,
    })),
  ];
}
