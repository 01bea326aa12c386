import { describe, expect, it } from "vitest";
import { fromLocalInput, instantOf, startOfDay, toLocalInput, wallOf } from "./zoned";

const at = (text: string) => Date.parse(text);

describe("wall times", () => {
  it("are those of the zone", () => {
    expect(wallOf(at("2026-07-01T10:00:00Z"), "Europe/Berlin")).toBe(at("2026-07-01T12:00:00Z"));
    expect(wallOf(at("2026-01-01T23:00:00Z"), "Asia/Kolkata")).toBe(at("2026-01-02T04:30:00Z"));
  });

  it("become instants", () => {
    for (const zone of ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
      for (const text of ["2026-01-15T00:00:00Z", "2026-07-15T13:37:00Z"])
        expect(instantOf(wallOf(at(text), zone), zone)).toBe(at(text));
  });

  it("that are there twice are the first; those that are not there move on", () => {
    expect(fromLocalInput("2026-10-25T02:30", "Europe/Berlin")).toBe(at("2026-10-25T00:30:00Z"));
    expect(fromLocalInput("2026-03-29T02:30", "Europe/Berlin")).toBe(at("2026-03-29T01:30:00Z"));
  });

  it("go to and fro in a field", () => {
    expect(toLocalInput(at("2026-03-01T08:30:59Z"), "Europe/Berlin")).toBe("2026-03-01T09:30");
    expect(fromLocalInput("2026-03-01T09:30", "Europe/Berlin")).toBe(at("2026-03-01T08:30:00Z"));
    expect(fromLocalInput("", "UTC")).toBeUndefined();
  });

  it("have days of 23 and 25 hours", () => {
    const hours = (day: string) =>
      (startOfDay(at(day), "Europe/Berlin", 1) - startOfDay(at(day), "Europe/Berlin")) / 3_600_000;
    expect(hours("2026-03-29T12:00:00Z")).toBe(23);
    expect(hours("2026-10-25T12:00:00Z")).toBe(25);
    expect(hours("2026-12-31T12:00:00Z")).toBe(24);
  });
});
