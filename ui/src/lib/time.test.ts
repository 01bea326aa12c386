import { expect, test } from "vitest";
import { formatDuration, formatLogTime, formatRelative, validZone } from "./time";

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1000, "1 s"],
  [1540, "1.5 s"],
  [59_999, "59.9 s"],
  [60_000, "1 m"],
  [125_000, "2 m 5 s"],
  [7_500_000, "2 h 5 m"],
  [90_000_000, "1 d 1 h"],
  [-3000, "−3 s"],
])("%d ms are %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

test("nothing is no duration", () => {
  expect(formatDuration(null)).toBe("");
  expect(formatDuration(Number.NaN)).toBe("");
});

test("relative to now", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  expect(formatRelative("2026-11-22T11:57:00Z", now)).toBe("3 m ago");
  expect(formatRelative("2026-11-22T14:00:01Z", now)).toBe("in 2 h");
  expect(formatRelative("2026-11-22T12:00:00.400Z", now)).toBe("just now");
});

test("a log's time is in the chosen zone, over a change of its clocks too", () => {
  expect(formatLogTime("2026-11-01T05:30:00.123Z", "America/New_York")).toBe("2026-11-01 01:30:00.123");
  expect(formatLogTime("2026-11-01T06:30:00.123Z", "America/New_York")).toBe("2026-11-01 01:30:00.123");
  expect(formatLogTime("2026-11-01T00:00:00Z", "UTC")).toBe("2026-11-01 00:00:00.000");
});

test("zones", () => {
  expect(validZone("Europe/Berlin")).toBe("Europe/Berlin");
  expect(validZone("Europe/Atlantis")).toBeUndefined();
});
