import { describe, expect, test } from "vitest";
import {
  type Buffer,
  compare,
  KEPT,
  type Line,
  leavesGap,
  NOTHING,
  withNewer,
  withNewest,
  withOlder,
} from "./buffer";
import { beyond, filtered, matches } from "./query";

/** The line number `n` of a log with a line each 7 microseconds. */
function line(n: number): Line {
  const micros = n * 7;
  const text =
    new Date(Math.floor(micros / 1000)).toISOString().slice(0, 23) + String(micros % 1000).padStart(3, "0");
  // As Postgres writes it: without trailing zeros.
  return {
    id: `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`,
    timestamp: `${text.replace(/\.?0+$/, "")}+00:00`,
    level: "INFO",
    name: "a",
    message: `line ${n}`,
    task_run_id: null,
  };
}
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => line(from + n));
const numbers = (buffer: Buffer) => buffer.lines.map((one) => Number((one.message ?? "").slice(5)));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

test("the order is that of the microseconds, however short they are written", () => {
  const all = lines(0, 3000);
  for (let n = 1; n < all.length; n++) expect(compare(all[n - 1] as Line, all[n] as Line)).toBe(-1);
});

describe("a window over a log", () => {
  test("grows to its start and forgets its end", () => {
    let buffer: Buffer = withOlder(NOTHING, lines(3500, 4000).reverse());
    buffer = { ...buffer, atEnd: true };
    for (let from = 3000; from >= 0; from -= 500)
      buffer = withOlder(buffer, lines(from, from + 500).reverse());
    expect(numbers(buffer)).toEqual(range(0, KEPT));
    expect([buffer.atStart, buffer.atEnd]).toEqual([false, false]);
    expect(withOlder(buffer, []).atStart).toBe(true);
  });

  test("grows to its end and forgets its start", () => {
    let buffer: Buffer = { ...NOTHING, atStart: true };
    for (let from = 0; from < 3500; from += 500) buffer = withNewer(buffer, lines(from, from + 500));
    buffer = withNewer(buffer, lines(3500, 3600));
    expect(numbers(buffer)).toEqual(range(600, 3600));
    expect([buffer.atStart, buffer.atEnd]).toEqual([false, true]);
  });
});

describe("the newest lines", () => {
  const start: Buffer = { lines: lines(0, 10), atStart: true, atEnd: true };

  test("are appended once", () => {
    const once = withNewest(start, lines(5, 12).reverse());
    expect(numbers(once)).toEqual(range(0, 12));
    expect(withNewest(once, lines(5, 12).reverse())).toBe(once);
  });

  test("take their place when they come late", () => {
    const gap: Buffer = { ...start, lines: lines(0, 20).filter((_, n) => n !== 4) };
    expect(numbers(withNewest(gap, [line(20), line(4)]))).toEqual(range(0, 21));
  });

  test("do not touch a window that does not reach the end", () => {
    const middle = { ...start, atEnd: false };
    expect(withNewest(middle, lines(10, 12))).toBe(middle);
  });

  test("that are older than the window are left to paging", () => {
    const late: Buffer = { lines: lines(10, 20), atStart: false, atEnd: true };
    expect(withNewest(late, lines(0, 5))).toBe(late);
  });

  test("leave a gap when they do not reach back", () => {
    expect(leavesGap(line(10), lines(11, 16).reverse(), 5)).toBe(true);
    expect(leavesGap(line(11), lines(11, 16).reverse(), 5)).toBe(false);
    expect(leavesGap(line(10), lines(11, 14).reverse(), 5)).toBe(false);
    expect(leavesGap(undefined, lines(11, 16).reverse(), 5)).toBe(false);
  });
});

test("the filter here and the filter there", () => {
  const warning = { ...line(1), level: "WARNING", message: "Disk 90% full" };
  expect(matches(warning, { level: "WARNING", text: "90% F" })).toBe(true);
  expect(matches(warning, { level: "ERROR", text: "" })).toBe(false);
  expect(matches(warning, { level: "", text: "empty" })).toBe(false);
  expect(filtered({ flowRun: "r" }, { level: "ERROR", text: "90%" })).toEqual({
    flow_run_id: { _eq: "r" },
    level: { _in: ["ERROR", "CRITICAL"] },
    message: { _ilike: "%90\\%%" },
  });
  expect(filtered({ flowRun: "r", taskRun: "t" }, { level: "DEBUG", text: "" })).toEqual({
    task_run_id: { _eq: "t" },
  });
});

test("beyond a line there are those of its moment with a later id", () => {
  expect(beyond({ a: 1 }, { timestamp: "T", id: "I" }, "newer")).toEqual({
    a: 1,
    timestamp: { _gte: "T" },
    _or: [{ timestamp: { _gt: "T" } }, { timestamp: { _eq: "T" }, id: { _gt: "I" } }],
  });
});
