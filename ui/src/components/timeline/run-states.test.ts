import { expect, test } from "vitest";
import { segmentsOf, shownOf } from "./run-states";

const at = (second: number) => new Date(second * 1000).toISOString();
const change = (state: string, second: number) => ({ state, timestamp: at(second) });

test("a state lasts until the next; the newest comes first and is shown last", () => {
  const changes = [change("Running", 70), change("Submitted", 65), change("Scheduled", 1)];
  const segments = segmentsOf(changes);
  expect(segments.map((one) => [one.state, one.start_time, one.end_time])).toEqual([
    ["Scheduled", at(1), at(65)],
    ["Submitted", at(65), at(70)],
    ["Running", at(70), null],
  ]);
});

test("the end is a moment", () => {
  expect(segmentsOf([change("Cancelled", 9), change("Running", 1)])[1]).toEqual({
    state: "Cancelled",
    start_time: at(9),
    end_time: at(9),
  });
});

test("waiting for the time it was made for is not shown, waiting later is", () => {
  const changes = [
    change("Running", 90),
    change("Scheduled", 80),
    change("Failed", 75),
    change("Submitted", 65),
    change("Scheduled", 1),
  ];
  expect(shownOf(segmentsOf(changes)).map((one) => one.state)).toEqual([
    "Submitted",
    "Failed",
    "Scheduled",
    "Running",
  ]);
  expect(shownOf(segmentsOf([change("Scheduled", 1)]))).toHaveLength(1);
  expect(shownOf([])).toEqual([]);
});
