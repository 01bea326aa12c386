/** Arithmetic of the timeline: which part of the time is shown, where in it a moment lies, and where its ticks are. */

/** From and to, in milliseconds; `to` is greater. */
export interface Span {
  from: number;
  to: number;
}

/** No shorter part can be zoomed into. */
export const SHORTEST = 10;

export interface Bar {
  start_time: string | null;
  end_time: string | null;
}

/** The time from the first start to the last end, with some room; what has not ended lasts until `now`. */
export function spanOf(bars: Iterable<Bar>, now: number): Span | undefined {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const bar of bars) {
    if (!bar.start_time) continue;
    const start = Date.parse(bar.start_time);
    from = Math.min(from, start);
    to = Math.max(to, bar.end_time ? Date.parse(bar.end_time) : Math.max(now, start));
  }
  if (from > to) return undefined;
  const room = Math.max((to - from) * 0.02, SHORTEST / 2);
  return { from: from - room, to: to + room };
}

/** Where a bar lies within the span, as shares of its length; undefined when out of sight. */
export function place(bar: Bar, span: Span, now: number): { left: number; width: number } | undefined {
  if (!bar.start_time) return undefined;
  const start = Date.parse(bar.start_time);
  const end = Math.max(start, bar.end_time ? Date.parse(bar.end_time) : now);
  if (end < span.from || start > span.to) return undefined;
  const length = span.to - span.from;
  const left = (Math.max(start, span.from) - span.from) / length;
  return { left, width: (Math.min(end, span.to) - span.from) / length - left };
}

/** `span` nearer (factor below 1) or farther; what is at `share` of it stays there. It never leaves `whole`. */
export function zoomed(span: Span, factor: number, share: number, whole: Span): Span {
  const length = Math.min(Math.max((span.to - span.from) * factor, SHORTEST), whole.to - whole.from);
  const at = span.from + (span.to - span.from) * share;
  return within({ from: at - length * share, to: at - length * share + length }, whole);
}

/** `span` moved by a share of its length, within `whole`. */
export function moved(span: Span, share: number, whole: Span): Span {
  const by = (span.to - span.from) * share;
  return within({ from: span.from + by, to: span.to + by }, whole);
}

function within(span: Span, whole: Span): Span {
  const length = span.to - span.from;
  if (span.from < whole.from) return { from: whole.from, to: whole.from + length };
  if (span.to > whole.to) return { from: whole.to - length, to: whole.to };
  return span;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
]; // biome-ignore format: one row for each unit

/** At most `most` round distances from `origin` (the run's start) that lie within the span, in milliseconds. */
export function ticks(span: Span, origin: number, most: number): number[] {
  const length = span.to - span.from;
  const step =
    STEPS.find((one) => length / one <= most) ?? Math.ceil(length / most / (365 * DAY)) * 365 * DAY;
  const found: number[] = [];
  for (let n = Math.ceil((span.from - origin) / step); origin + n * step <= span.to; n++)
    found.push(n * step || 0);
  return found;
}
