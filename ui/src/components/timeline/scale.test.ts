import { describe, expect, test } from "vitest";
import { moved, place, SHORTEST, spanOf, ticks, zoomed } from "./scale";

const at = (ms: number) => new Date(ms).toISOString();
const bar = (start: number | null, end: number | null) => ({
  start_time: start === null ? null : at(start),
  end_time: end === null ? null : at(end),
});

describe("the whole time", () => {
  test("reaches from the first start to the last end, with room", () => {
    expect(spanOf([bar(2000, 3000), bar(1000, 1500), bar(null, null)], 9000)).toEqual({
      from: 960,
      to: 3040,
    });
  });
  test("lasts until now while something runs", () => {
    expect(spanOf([bar(1000, 1500), bar(1200, null)], 11_000)).toEqual({ from: 800, to: 11_200 });
  });
  test("is none before anything has started, and is never of no length", () => {
    expect(spanOf([bar(null, null)], 5)).toBeUndefined();
    const span = spanOf([bar(1000, 1000)], 5);
    expect((span?.to ?? 0) - (span?.from ?? 0)).toBe(SHORTEST);
  });
});

test("a bar's place, cut at the edges", () => {
  const span = { from: 1000, to: 2000 };
  expect(place(bar(1250, 1750), span, 0)).toEqual({ left: 0.25, width: 0.5 });
  expect(place(bar(500, 1500), span, 0)).toEqual({ left: 0, width: 0.5 });
  expect(place(bar(1500, null), span, 5000)).toEqual({ left: 0.5, width: 0.5 });
  // A clock of another machine that goes ahead of ours.
  expect(place(bar(1500, null), span, 1200)).toEqual({ left: 0.5, width: 0 });
  expect(place(bar(0, 999), span, 0)).toBeUndefined();
  expect(place(bar(2001, null), span, 5000)).toBeUndefined();
  expect(place(bar(null, null), span, 5000)).toBeUndefined();
});

describe("zooming", () => {
  const whole = { from: 0, to: 1000 };
  test("keeps what is under the pointer", () => {
    expect(zoomed(whole, 0.5, 0.25, whole)).toEqual({ from: 125, to: 625 });
  });
  test("goes neither beyond the whole nor below the shortest", () => {
    expect(zoomed({ from: 100, to: 600 }, 10, 0.5, whole)).toEqual(whole);
    expect(zoomed({ from: 400, to: 600 }, 2, 1, { from: 300, to: 1000 })).toEqual({ from: 300, to: 700 });
    const near = zoomed({ from: 500, to: 511 }, 0.001, 0.5, whole);
    expect(near.to - near.from).toBe(SHORTEST);
  });
  test("moves by a share and stops at the edges", () => {
    expect(moved({ from: 100, to: 200 }, 0.5, whole)).toEqual({ from: 150, to: 250 });
    expect(moved({ from: 100, to: 200 }, -5, whole)).toEqual({ from: 0, to: 100 });
    expect(moved({ from: 850, to: 950 }, 5, whole)).toEqual({ from: 900, to: 1000 });
  });
});

describe("ticks", () => {
  test("are round distances from the start", () => {
    expect(ticks({ from: 990, to: 61_000 }, 1000, 6)).toEqual([0, 15_000, 30_000, 45_000, 60_000]);
    expect(ticks({ from: 5000, to: 5100 }, 1000, 5)).toEqual([4000, 4020, 4040, 4060, 4080, 4100]);
  });
  test("are few for any length", () => {
    for (let length = 1; length < 1e13; length *= 1.7) {
      const count = ticks({ from: 0, to: length }, 0, 8).length;
      expect(count).toBeLessThanOrEqual(9);
      expect(count).toBeGreaterThanOrEqual(2);
    }
  });
});
