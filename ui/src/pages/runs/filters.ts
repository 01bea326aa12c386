/** What the list of runs is filtered by, and the same as the API wants it. */
import { containing } from "@/lib/like";

export const DEFAULTS = {
  state: [] as string[],
  flow: "",
  run: "",
  project: "",
  label: "",
  window: "",
  sort: "-scheduled_start_time",
  page: 0,
};
export type Filters = typeof DEFAULTS;

/** Groups of states that people ask for together. */
export const STATE_GROUPS: { title: string; states: string[] }[] = [
  { title: "Running", states: ["Running", "Submitted", "Cancelling"] },
  { title: "Upcoming", states: ["Scheduled", "Queued", "Retrying", "Resume", "Pending"] },
  { title: "Paused", states: ["Paused"] },
  {
    title: "Failed",
    states: ["Failed", "TriggerFailed", "TimedOut", "ClientFailed", "ValidationFailed", "Aborted"],
  },
  { title: "Succeeded", states: ["Success", "Cached", "Mapped", "Looped", "Skipped", "Finished"] },
  { title: "Cancelled", states: ["Cancelled"] },
];

export type Where = Record<string, unknown>;

/**
 * The condition of the list. Without chosen states the runs that are not due at `now` are left out: a schedule has
 * ten of them ahead, and they would stand above all that has happened. `since` is the window's beginning, `flows` the ids
 * of the flows that the flow's name finds, where they are known.
 */
export function whereOf(
  filters: Filters,
  since: string | undefined,
  now: string,
  flows?: readonly string[],
): Where {
  const scheduled: Where = {};
  if (since) scheduled._gte = since;
  if (!filters.state.length) scheduled._lte = now;
  const where: Where = {};
  if (Object.keys(scheduled).length) where.scheduled_start_time = scheduled;
  if (filters.state.length) where.state = { _in: filters.state };
  if (filters.run) where.name = { _ilike: containing(filters.run) };
  const labels = splitLabels(filters.label);
  if (labels.length) where.labels = { _contains: labels };
  const flow: Where = {};
  if (flows) where.flow_id = { _in: flows };
  else if (filters.flow) flow.name = { _ilike: containing(filters.flow) };
  if (filters.project) flow.project_id = { _eq: filters.project };
  if (Object.keys(flow).length) where.flow = flow;
  return where;
}

/** "gpu, eu" as a list; nothing twice. */
export function splitLabels(text: string): string[] {
  return [
    ...new Set(
      text
        .split(",")
        .map((label) => label.trim())
        .filter(Boolean),
    ),
  ];
}

const COLUMNS = ["scheduled_start_time", "start_time"];

/** "-start_time" as an order; the id decides between equals, so that pages do not overlap. */
export function orderOf(sort: string): Record<string, string>[] {
  const descending = sort.startsWith("-");
  const column = descending ? sort.slice(1) : sort;
  const by = COLUMNS.includes(column) ? column : "scheduled_start_time";
  const direction = descending ? (by === "start_time" ? "desc_nulls_last" : "desc") : "asc";
  return [{ [by]: direction }, { id: descending ? "desc" : "asc" }];
}
