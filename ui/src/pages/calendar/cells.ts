/** Runs put into the hours of days: what a calendar shows. */
import { type Outcome, outcomeOf } from "@/lib/states";
import { startOfDay, wallOf } from "@/lib/zoned";

export interface Run {
  id: string;
  name?: string | null;
  state?: string | null;
  scheduled_start_time: string;
  start_time?: string | null;
  end_time?: string | null;
  flow: { id: string; name: string; flow_group_id: string };
}

export interface Day {
  /** Midnight, where the day begins, and the next one; milliseconds. */
  from: number;
  to: number;
}

/** `count` days of the zone from that of `instant` on. */
export function daysFrom(instant: number, zone: string, count: number): Day[] {
  return Array.from({ length: count }, (_, number) => ({
    from: startOfDay(instant, zone, number),
    to: startOfDay(instant, zone, number + 1),
  }));
}

/** The Monday of an instant's week. */
export function startOfWeek(instant: number, zone: string): number {
  const weekday = (new Date(wallOf(instant, zone)).getUTCDay() + 6) % 7;
  return startOfDay(instant, zone, -weekday);
}

/** The runs of each hour of the wall clock, 0 to 23. An hour that is there twice holds both. */
export function hoursOf<R extends Run>(runs: readonly R[], day: Day, zone: string): R[][] {
  const hours: R[][] = Array.from({ length: 24 }, () => []);
  for (const run of runs) {
    const at = Date.parse(run.scheduled_start_time);
    if (at >= day.from && at < day.to) hours[new Date(wallOf(at, zone)).getUTCHours()]?.push(run);
  }
  return hours;
}

/** How many of each outcome, the ones to look at first. */
export function tally(runs: readonly Run[]): [Outcome, number][] {
  const order: Outcome[] = ["failed", "active", "waiting", "succeeded", "cancelled"];
  const counts = new Map<Outcome, number>();
  for (const run of runs) {
    const outcome = outcomeOf(run.state);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return order.flatMap((outcome) => {
    const count = counts.get(outcome);
    return count ? [[outcome, count] as [Outcome, number]] : [];
  });
}

/** The instant from which on nothing is known, when the server has given as many as it was asked for. */
export function knownUntil(runs: readonly Run[], limit: number): number | undefined {
  const last = runs.at(-1);
  return runs.length >= limit && last ? Date.parse(last.scheduled_start_time) : undefined;
}
