/**
 * The clocks of a serialised schedule as the fields of a form, and back (contract client.md 4.2). What the form does
 * not show stays as it was stored. What only a scheduler can judge (cron texts, dates) is judged by the server.
 */
import { readLabels, readObject, writeObject } from "@/lib/json-text";

export const KINDS = { CronClock: "Cron", IntervalClock: "Interval", DatesClock: "Dates" } as const;
export type EditableKind = keyof typeof KINDS;

export const UNITS = { minutes: 60e6, hours: 3600e6, days: 86_400e6 } as const;
export type Unit = keyof typeof UNITS;

type Raw = Record<string, unknown>;
interface Instant {
  dt?: unknown;
  tz?: unknown;
}

export interface Clock {
  /** Tells clocks apart while they are edited. */
  key: number;
  raw: Raw;
  kind: string;
  every: string;
  unit: Unit;
  cron: string;
  /** One wall time in each line. */
  dates: string;
  zone: string;
  start: string;
  end: string;
  parameters: string;
  labels: string;
}

export interface Schedule extends Raw {
  clocks: Raw[];
}

let keys = 0;

const wall = (value: unknown): string => String((value as Instant | null)?.dt ?? "").slice(0, 16);

function zoneOf(value: unknown): string | undefined {
  const zone = (value as Instant | null)?.tz;
  return typeof zone === "string" ? zone : undefined;
}

export function isEditable(clock: Clock): boolean {
  return clock.kind in KINDS;
}

export function readClock(raw: Raw): Clock {
  const microseconds = typeof raw.interval === "number" ? raw.interval : 3600e6;
  const unit: Unit =
    microseconds % UNITS.days === 0 ? "days" : microseconds % UNITS.hours === 0 ? "hours" : "minutes";
  const dates = Array.isArray(raw.dates) ? raw.dates : [];
  return {
    key: ++keys,
    raw,
    kind: String(raw.type),
    every: String(microseconds / UNITS[unit]),
    unit,
    cron: typeof raw.cron === "string" ? raw.cron : "0 6 * * *",
    dates: dates.map(wall).join("\n"),
    zone: zoneOf(raw.start_date) ?? zoneOf(dates[0]) ?? zoneOf(raw.end_date) ?? "UTC",
    start: wall(raw.start_date),
    end: wall(raw.end_date),
    parameters: writeObject(emptyAsNull(raw.parameter_defaults)),
    labels: Array.isArray(raw.labels) ? raw.labels.join(", ") : "",
  };
}

function emptyAsNull(value: unknown): unknown {
  return value && Object.keys(value).length ? value : null;
}

/** A clock that is not stored yet, in the reader's zone. `today`: its midnight, as a wall time. */
export function newClock(kind: EditableKind, zone: string, today: string): Clock {
  const start = { dt: `${today}:00`, tz: zone };
  const raw: Raw = { type: kind, ...(kind === "DatesClock" ? { dates: [start] } : { start_date: start }) };
  return readClock(raw);
}

/** The clock as it is stored; `errors` by the name of the form's field. */
export function writeClock(clock: Clock): { raw: Raw; errors: Partial<Record<keyof Clock, string>> } {
  const { raw, kind } = clock;
  const before = readClock(raw);
  const errors: Partial<Record<keyof Clock, string>> = {};
  const next: Raw = { ...raw };
  const moved = clock.zone !== before.zone;
  const instant = (text: string) => (text ? { dt: `${text}:00`, tz: clock.zone } : null);
  if (
    kind === "IntervalClock" &&
    (clock.every !== before.every || clock.unit !== before.unit || !raw.interval)
  ) {
    const microseconds = Math.round(Number(clock.every) * UNITS[clock.unit]);
    if (!(microseconds >= UNITS.minutes)) errors.every = "At least a minute.";
    else next.interval = microseconds;
  }
  if (kind === "CronClock") next.cron = clock.cron.trim();
  if (kind === "DatesClock" && (moved || clock.dates !== before.dates)) {
    const lines = clock.dates.split(/[\n,]/).map((line) => line.trim().replace(" ", "T"));
    next.dates = lines
      .filter(Boolean)
      .map((dt) => ({ dt: dt.length === 16 ? `${dt}:00` : dt, tz: clock.zone }));
  }
  if (kind === "IntervalClock" || kind === "CronClock") {
    if (clock.start !== before.start || (moved && clock.start)) next.start_date = instant(clock.start);
    if (clock.end !== before.end || (moved && clock.end)) next.end_date = instant(clock.end);
    // The zone of a clock is that of its beginning.
    if (clock.zone !== "UTC" && !clock.start) errors.start = "A clock with a zone needs a start.";
    if (clock.start && clock.end && clock.end <= clock.start) errors.end = "The end must be after the start.";
  }
  if (clock.parameters !== before.parameters) {
    const read = readObject(clock.parameters);
    if (read.error !== undefined) errors.parameters = read.error;
    else next.parameter_defaults = read.value;
  }
  // No labels and "not set" are different things; a field left empty says neither, so it stays as it was.
  if (clock.labels !== before.labels) {
    const labels = readLabels(clock.labels);
    next.labels = labels.length ? labels : null;
  }
  return { raw: next, errors };
}

/** The first words about a clock: "every 2 hours", "0 6 * * *". */
export function summaryOf(clock: Clock): string {
  switch (clock.kind) {
    case "IntervalClock":
      return clock.every === "1" ? `every ${clock.unit.slice(0, -1)}` : `every ${clock.every} ${clock.unit}`;
    case "CronClock":
      return clock.cron;
    case "DatesClock": {
      const count = clock.dates.split("\n").filter(Boolean).length;
      return count === 1 ? "one date" : `${count} dates`;
    }
    case "RRuleClock":
      return "a recurrence rule";
    default:
      return clock.kind;
  }
}
