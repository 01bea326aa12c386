/** What is asked for a page of a log. */
import { containing } from "@/lib/like";
import type { Line } from "./buffer";

/** Whose lines. */
export interface Scope {
  flowRun: string;
  taskRun?: string;
}

export interface Filter {
  /** The least level; "" for all. */
  level: string;
  text: string;
}

export const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

export type Where = Record<string, unknown>;

/** The lines of a run, or of one task run: a task run's lines also carry its flow run. */
export function scoped(scope: Scope): Where {
  return scope.taskRun ? { task_run_id: { _eq: scope.taskRun } } : { flow_run_id: { _eq: scope.flowRun } };
}

function levelsFrom(level: string): string[] | undefined {
  const index = LEVELS.indexOf(level);
  return index > 0 ? LEVELS.slice(index) : undefined;
}

export function filtered(scope: Scope, filter: Filter): Where {
  const where = scoped(scope);
  const levels = levelsFrom(filter.level);
  if (levels) where.level = { _in: levels };
  if (filter.text) where.message = { _ilike: containing(filter.text) };
  return where;
}

/** What `filtered` says, of a line that is already here. */
export function matches(line: Line, filter: Filter): boolean {
  const levels = levelsFrom(filter.level);
  if (levels && !levels.includes(line.level ?? "")) return false;
  return !filter.text || (line.message ?? "").toLowerCase().includes(filter.text.toLowerCase());
}

type Place = Pick<Line, "timestamp" | "id">;

/**
 * The lines beyond one. The bound on the timestamp follows from the rest; it is there so that the
 * index (run, timestamp) is entered at the place and not at its end.
 */
export function beyond(where: Where, place: Place, direction: "older" | "newer"): Where {
  const [than, from] = direction === "older" ? ["_lt", "_lte"] : ["_gt", "_gte"];
  return {
    ...where,
    timestamp: { [from]: place.timestamp },
    _or: [
      { timestamp: { [than]: place.timestamp } },
      { timestamp: { _eq: place.timestamp }, id: { [than]: place.id } },
    ],
  };
}

export const OLDER = [{ timestamp: "desc" }, { id: "desc" }] as const;
export const NEWER = [{ timestamp: "asc" }, { id: "asc" }] as const;
