import { expect, test } from "vitest";
import { servedBy, workOf } from "./work";

test("labels are matched as the queue matches them", () => {
  expect(servedBy(["gpu", "aws"]).labels).toEqual({ _contained_in: ["aws", "gpu"], _neq: [] });
  expect(servedBy([]).labels).toEqual({ _eq: [] });
});

test("late is what was due twenty seconds before", () => {
  const { due, late } = workOf([], Date.parse("2026-01-01T00:01:00Z"));
  expect(due.state_start_time._lte).toBe("2026-01-01T00:01:00.000Z");
  expect(late.state_start_time._lte).toBe("2026-01-01T00:00:40.000Z");
});
