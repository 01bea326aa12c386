import { describe, expect, it } from "vitest";
import { newClock, readClock, summaryOf, writeClock } from "./clocks";

const BERLIN = { dt: "2026-01-01T09:00:00", tz: "Europe/Berlin" };
const STORED = [
  {
    type: "IntervalClock",
    interval: 5_400_000_000,
    start_date: BERLIN,
    end_date: null,
    labels: [],
    parameter_defaults: {},
  },
  {
    type: "CronClock",
    cron: "0 6 * * 1-5",
    day_or: false,
    start_date: BERLIN,
    end_date: { dt: "2027-01-01T00:00:00.000001", tz: "Europe/Berlin" },
    labels: ["a", "b"],
    parameter_defaults: { x: [1] },
  },
  { type: "DatesClock", dates: [BERLIN, { dt: "2026-02-01T09:00:00", tz: "UTC" }], labels: null },
  { type: "RRuleClock", rrule_obj: { _freq: 3, _interval: 2 }, start_date: null },
];

describe("clocks", () => {
  it("come back as they were stored when nothing is changed", () => {
    for (const raw of STORED) expect(writeClock(readClock(raw))).toEqual({ raw, errors: {} });
  });

  it("are changed in what is changed only", () => {
    const [interval, cron, dates] = STORED.map(readClock);
    if (!interval || !cron || !dates) throw new Error("three clocks");
    expect(writeClock({ ...interval, every: "2", unit: "hours" }).raw).toEqual({
      ...STORED[0],
      interval: 7_200_000_000,
    });
    expect(writeClock({ ...cron, cron: " @daily ", labels: "c, a", parameters: "" }).raw).toEqual({
      ...STORED[1],
      cron: "@daily",
      labels: ["c", "a"],
      parameter_defaults: null,
    });
    expect(writeClock({ ...dates, dates: "2026-03-01 10:00\n2026-03-02T10:00" }).raw.dates).toEqual([
      { dt: "2026-03-01T10:00:00", tz: "Europe/Berlin" },
      { dt: "2026-03-02T10:00:00", tz: "Europe/Berlin" },
    ]);
  });

  it("move with their zone", () => {
    const clock = readClock(STORED[1] as never);
    const { raw } = writeClock({ ...clock, zone: "Asia/Kolkata" });
    expect(raw.start_date).toEqual({ dt: "2026-01-01T09:00:00", tz: "Asia/Kolkata" });
    expect(raw.end_date).toEqual({ dt: "2027-01-01T00:00:00", tz: "Asia/Kolkata" });
  });

  it("say what is wrong by the field", () => {
    const clock = readClock(STORED[0] as never);
    expect(writeClock({ ...clock, every: "0.5", unit: "minutes" }).errors).toHaveProperty("every");
    expect(writeClock({ ...clock, every: "x" }).errors).toHaveProperty("every");
    expect(writeClock({ ...clock, parameters: "[1]" }).errors).toHaveProperty("parameters");
    expect(writeClock({ ...clock, start: "" }).errors).toHaveProperty("start");
    expect(writeClock({ ...clock, end: "2025-01-01T00:00" }).errors).toHaveProperty("end");
    expect(writeClock({ ...clock, start: "", zone: "UTC" }).errors).toEqual({});
  });

  it("begin today when they are new", () => {
    expect(writeClock(newClock("IntervalClock", "Europe/Berlin", "2026-05-01T00:00")).raw).toEqual({
      type: "IntervalClock",
      interval: 3_600_000_000,
      start_date: { dt: "2026-05-01T00:00:00", tz: "Europe/Berlin" },
    });
    expect(writeClock(newClock("DatesClock", "UTC", "2026-05-01T00:00")).raw).toEqual({
      type: "DatesClock",
      dates: [{ dt: "2026-05-01T00:00:00", tz: "UTC" }],
    });
  });

  it("are told in a few words", () => {
    expect(STORED.map((raw) => summaryOf(readClock(raw)))).toEqual([
      "every 90 minutes",
      "0 6 * * 1-5",
      "2 dates",
      "a recurrence rule",
    ]);
  });
});
