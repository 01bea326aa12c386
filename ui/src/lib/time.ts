/** Times and durations as people read them, in the zone they have chosen. */
import { useSyncExternalStore } from "react";
import { remembered, Store, useStore } from "./store";

export const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** "" is the browser's own zone. */
export const zoneChoice = remembered<string>("zone", "");

/** The zone in which times are shown, an IANA name. */
export function useZone(): string {
  return validZone(useStore(zoneChoice)) ?? BROWSER_ZONE;
}

export function validZone(name: string): string | undefined {
  if (!name) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, style: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${style} ${zone}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(navigator.language, { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

type Moment = string | number | Date;

export function formatDateTime(moment: Moment, zone: string): string {
  return format(zone, "full", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(new Date(moment));
}

export function formatTime(moment: Moment, zone: string): string {
  return format(zone, "time", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(
    new Date(moment),
  );
}

/** As a log line needs it: sortable, with milliseconds. */
export function formatLogTime(moment: Moment, zone: string): string {
  const parts = format(zone, "log", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  }).formatToParts(new Date(moment));
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}:${of("second")}.${of("fractionalSecond")}`;
}

const UNITS: [string, number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** Milliseconds in their two largest units: "2 h 5 m", "350 ms". */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds == null || Number.isNaN(milliseconds)) return "";
  const sign = milliseconds < 0 ? "−" : "";
  const value = Math.abs(milliseconds);
  if (value < 1000) return `${sign}${Math.round(value)} ms`;
  // From a minute on whole seconds; below it one digit after the point tells something.
  if (value < 60_000) return `${sign}${(Math.floor(value / 100) / 10).toFixed(1).replace(/\.0$/, "")} s`;
  const index = UNITS.findIndex(([, size]) => value >= size);
  const [name, size] = UNITS[index] as [string, number];
  const next = UNITS[index + 1];
  const rest = next ? Math.floor((value % size) / next[1]) : 0;
  return `${sign}${Math.floor(value / size)} ${name}${next && rest ? ` ${rest} ${next[0]}` : ""}`;
}

/** "in 5 m", "3 h ago", "just now". */
export function formatRelative(moment: Moment, now: number): string {
  const difference = new Date(moment).getTime() - now;
  const value = Math.abs(difference);
  if (value < 1000) return "just now";
  const [name, size] = UNITS.find(([, unit]) => value >= unit) as [string, number];
  const text = `${Math.floor(value / size)} ${name}`;
  return difference > 0 ? `in ${text}` : `${text} ago`;
}

// One timer for all times on the page; none while nobody looks.
const clock = new Store(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function watch(listener: () => void): () => void {
  const end = clock.subscribe(listener);
  if (watchers++ === 0) {
    clock.set(Date.now());
    timer = setInterval(() => document.visibilityState !== "hidden" && clock.set(Date.now()), 1000);
  }
  return () => {
    end();
    if (--watchers === 0) clearInterval(timer);
  };
}

/** The time, each second anew. */
export function useNow(): number {
  return useSyncExternalStore(watch, clock.get);
}
