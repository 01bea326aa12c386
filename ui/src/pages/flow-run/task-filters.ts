import { containing } from "@/lib/like";

export const DEFAULTS = { name: "", state: [] as string[], children: false, sort: "start_time", page: 0 };

/** The condition of a run's table of task runs. The children of mapped tasks are left out unless asked for. */
export function whereOf(
  runId: string,
  { name, state, children }: { name: string; state: string[]; children: boolean },
): Record<string, unknown> {
  const where: Record<string, unknown> = { flow_run_id: { _eq: runId } };
  if (!children) where.map_index = { _eq: -1 };
  // What has no state yet is Pending to whoever looks.
  if (state.length)
    where._and = [
      state.includes("Pending")
        ? { _or: [{ state: { _in: state } }, { state: { _is_null: true } }] }
        : { state: { _in: state } },
    ];
  if (name) {
    const like = { _ilike: containing(name) };
    where._or = [{ name: like }, { task: { name: like } }];
  }
  return where;
}

export function orderOf(sort: string): Record<string, string>[] {
  const descending = sort.startsWith("-");
  const by = sort.replace("-", "") === "state" ? "state" : "start_time";
  return [
    { [by]: descending ? "desc_nulls_last" : "asc_nulls_last" },
    { map_index: "asc" },
    { id: descending ? "desc" : "asc" },
  ];
}
