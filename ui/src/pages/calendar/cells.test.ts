import { describe, expect, it } from "vitest";
import { daysFrom, hoursOf, knownUntil, startOfWeek, tally } from "./cells";

const BERLIN = "Europe/Berlin";
const at = (text: string) => Date.parse(text);
const run = (id: string, time: string, state = "Success") => ({
  id,
  state,
  scheduled_start_time: time,
  flow: { id: "f", name: "f", flow_group_id: "g" },
});

describe("the calendar", () => {
  it("begins its weeks on Monday, in the reader's zone", () => {
    // Sunday, 23:30 in UTC, is Monday in Berlin.
    expect(startOfWeek(at("2026-03-01T23:30:00Z"), BERLIN)).toBe(at("2026-03-01T23:00:00Z"));
    expect(startOfWeek(at("2026-03-01T23:30:00Z"), "UTC")).toBe(at("2026-02-23T00:00:00Z"));
  });

  it("has days that meet, also where the clocks change", () => {
    const days = daysFrom(at("2026-03-27T12:00:00Z"), BERLIN, 4);
    expect(days.map((day) => (day.to - day.from) / 3_600_000)).toEqual([24, 24, 23, 24]);
    days.slice(1).forEach((day, number) => {
      expect(day.from).toBe(days[number]?.to);
    });
  });

  it("puts runs into the hours of the wall clock", () => {
    const [day] = daysFrom(at("2026-10-25T12:00:00Z"), BERLIN, 1);
    if (!day) throw new Error("one day");
    const runs = [
      run("before", "2026-10-24T21:59:59Z"),
      run("first", "2026-10-24T22:00:00Z"),
      run("summer", "2026-10-25T00:30:00Z"),
      run("winter", "2026-10-25T01:30:00Z"),
      run("last", "2026-10-25T22:59:59Z"),
      run("after", "2026-10-25T23:00:00Z"),
    ];
    const filled = hoursOf(runs, day, BERLIN).flatMap((hour, number) =>
      hour.length ? [[number, ...hour.map((one) => one.id)]] : [],
    );
    expect(filled).toEqual([
      [0, "first"],
      [2, "summer", "winter"],
      [23, "last"],
    ]);
  });

  it("counts by outcome, failures first", () => {
    const states = ["Success", "Failed", "Scheduled", "TimedOut", "Running", "Cached"];
    expect(tally(states.map((state) => run(state, "2026-01-01T00:00:00Z", state)))).toEqual([
      ["failed", 2],
      ["active", 1],
      ["waiting", 1],
      ["succeeded", 2],
    ]);
  });

  it("knows where its knowledge ends", () => {
    const runs = [run("a", "2026-01-01T00:00:00Z"), run("b", "2026-01-01T05:00:00Z")];
    expect(knownUntil(runs, 3)).toBeUndefined();
    expect(knownUntil(runs, 2)).toBe(at("2026-01-01T05:00:00Z"));
  });
});
