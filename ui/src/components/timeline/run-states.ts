/** The states that a run went through, as parts of the time. */
import { isFinished } from "@/lib/states";
import type { Bar } from "./scale";

export interface StateChange {
  state: string;
  timestamp: string;
}

export interface Segment extends Bar {
  state: string;
  start_time: string;
}

/** From each change (the newest first, as the API gives them) to the next; the last lasts on unless the run is over. */
export function segmentsOf(changes: readonly StateChange[]): Segment[] {
  const ordered = changes.toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
  return ordered.map(({ state, timestamp }, index) => ({
    state,
    start_time: timestamp,
    end_time: ordered[index + 1]?.timestamp ?? (isFinished(state) ? timestamp : null),
  }));
}

/**
 * The segments that say how much time is shown. A run that was scheduled days ahead is shown from when it was taken;
 * one that nobody has taken, from when it was made.
 */
export function shownOf(segments: readonly Segment[]): readonly Segment[] {
  const taken = segments.findIndex((one) => one.state !== "Scheduled" && one.state !== "Pending");
  return taken > 0 ? segments.slice(taken) : segments;
}
