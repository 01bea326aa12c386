/** Wall times of a zone and the instants they are: what forms and calendars need. */

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, found);
  }
  return found;
}

/** The wall time of an instant, as the milliseconds that it would be in UTC. */
export function wallOf(instant: number, zone: string): number {
  const of: Record<string, number> = {};
  for (const part of parts(zone).formatToParts(instant)) of[part.type] = Number(part.value);
  return Date.UTC(of.year ?? 0, (of.month ?? 1) - 1, of.day, of.hour, of.minute, of.second);
}

/**
 * The instant of a wall time (milliseconds, as by `wallOf`). One that is there twice is the first of them; one that a
 * change of the clocks leaves out is moved by that change.
 */
export function instantOf(wall: number, zone: string): number {
  const before = wall - offsetAt(wall - 86_400_000, zone);
  const after = wall - offsetAt(wall + 86_400_000, zone);
  const first = Math.min(before, after);
  if (wallOf(first, zone) === wall) return first;
  const second = Math.max(before, after);
  return wallOf(second, zone) === wall ? second : before;
}

function offsetAt(instant: number, zone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  return wallOf(whole, zone) - whole;
}

/** What an <input type="datetime-local"> says for an instant: "2026-03-01T09:30". */
export function toLocalInput(instant: number, zone: string): string {
  return new Date(wallOf(instant, zone)).toISOString().slice(0, 16);
}

/** The instant of what such an input says; undefined for what is no time. */
export function fromLocalInput(text: string, zone: string): number | undefined {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? undefined : instantOf(wall, zone);
}

/** Midnight at the beginning of the day of an instant; `days` later or earlier. */
export function startOfDay(instant: number, zone: string, days = 0): number {
  const wall = new Date(wallOf(instant, zone));
  return instantOf(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate() + days), zone);
}
