/** Which runs an agent would be given, as the work queue matches them (orchestration/sql/queue.sql). */
import { WAITING } from "@/lib/states";

const LATE = 20_000;
const HANDED_OUT = WAITING.filter((state) => state !== "Pending");

/** Waiting runs that an agent with these labels serves: all of the run's are among them; without labels only such. */
export function servedBy(labels: readonly string[]) {
  return {
    state: { _in: HANDED_OUT },
    labels: labels.length ? { _contained_in: [...labels].sort(), _neq: [] } : { _eq: [] },
  };
}

/** Of those the ones that are due, and those that have waited longer than 20 s; `now` in milliseconds. */
export function workOf(labels: readonly string[], now: number) {
  const before = (moment: number) => ({
    ...servedBy(labels),
    state_start_time: { _lte: new Date(moment).toISOString() },
  });
  return { due: before(now), late: before(now - LATE) };
}
