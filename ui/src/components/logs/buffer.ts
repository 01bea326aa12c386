/**
 * The part of a log that the page holds: a window of at most KEPT lines over any number of them, moved by pages that
 * are asked for by (timestamp, id) in both directions. Nothing here asks anybody.
 */
import type { LogLineFragment } from "./logs.gen";

export type Line = LogLineFragment;

export interface Buffer {
  /** In their order: by time, then by id. */
  lines: Line[];
  /** There is none before the first. */
  atStart: boolean;
  /** There was none after the last when it was asked for. */
  atEnd: boolean;
}

export const PAGE = 500;
export const KEPT = 3000;
export const NOTHING: Buffer = { lines: [], atStart: false, atEnd: false };

/**
 * The order of two lines. Timestamps are compared as text: all come from one server in one zone, and a fraction that is
 * written shorter ("+" sorts before digits) is the smaller one; Date would drop the microseconds.
 */
export function compare(a: Line, b: Line): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** A page of older lines, newest first as it was asked for; lines at the other end make room. */
export function withOlder(buffer: Buffer, page: Line[], size = PAGE): Buffer {
  const lines = [...page].reverse().concat(buffer.lines);
  return {
    lines: lines.slice(0, KEPT),
    atStart: page.length < size,
    atEnd: buffer.atEnd && lines.length <= KEPT,
  };
}

/** A page of newer lines, oldest first as it was asked for. */
export function withNewer(buffer: Buffer, page: Line[], size = PAGE): Buffer {
  const lines = buffer.lines.concat(page);
  return {
    lines: lines.slice(-KEPT),
    atStart: buffer.atStart && lines.length <= KEPT,
    atEnd: page.length < size,
  };
}

/**
 * Lines of the newest end put in their places; they may have come late and belong between others. The buffer itself
 * when it knows them all, or when it does not reach the end. What is older than all it holds is left to paging.
 */
export function withNewest(buffer: Buffer, newest: Line[]): Buffer {
  if (!buffer.atEnd || !newest.length) return buffer;
  const known = new Set<string>();
  for (const line of buffer.lines.slice(-2 * newest.length)) known.add(line.id);
  const first = buffer.lines[0];
  const fresh = newest.filter(
    (line) => !known.has(line.id) && (buffer.atStart || !first || compare(line, first) > 0),
  );
  if (!fresh.length) return buffer;
  fresh.sort(compare);
  const last = buffer.lines.at(-1);
  const lines = buffer.lines.concat(fresh);
  if (last && compare(fresh[0] as Line, last) < 0) {
    lines.sort(compare);
    // A late line may be one that stands further back than was looked.
    for (let index = lines.length - 1; index > 0; index--)
      if (lines[index]?.id === lines[index - 1]?.id) lines.splice(index, 1);
  }
  return { lines: lines.slice(-KEPT), atStart: buffer.atStart && lines.length <= KEPT, atEnd: true };
}

/**
 * Whether lines may lie between what was seen and the newest ones: when not even the oldest of `newest` (newest first,
 * `size` asked for) reaches back to the line `seen`.
 */
export function leavesGap(seen: Line | undefined, newest: Line[], size: number): boolean {
  const oldest = newest.at(-1);
  return !!seen && !!oldest && newest.length >= size && compare(oldest, seen) > 0;
}
