import { expect, test } from "vitest";
import { DEFAULTS, orderOf, splitLabels, whereOf } from "./filters";

const NOW = "2026-11-22T12:00:00.000Z";

test("without a filter, what is not due yet is left out", () => {
  expect(whereOf(DEFAULTS, undefined, NOW)).toEqual({ scheduled_start_time: { _lte: NOW } });
});

test("who asks for states gets them whenever they are due", () => {
  expect(whereOf({ ...DEFAULTS, state: ["Scheduled"] }, undefined, NOW)).toEqual({
    state: { _in: ["Scheduled"] },
  });
});

test("every filter is one condition", () => {
  const filters = { ...DEFAULTS, flow: "50%_a\\b", run: "x", project: "p", label: " gpu, eu,gpu, " };
  expect(whereOf(filters, "2026-11-21T12:00:00.000Z", NOW)).toEqual({
    scheduled_start_time: { _gte: "2026-11-21T12:00:00.000Z", _lte: NOW },
    name: { _ilike: "%x%" },
    labels: { _contains: ["gpu", "eu"] },
    flow: { name: { _ilike: "%50\\%\\_a\\\\b%" }, project_id: { _eq: "p" } },
  });
  expect(whereOf({ ...DEFAULTS, flow: "x", project: "p" }, undefined, NOW, ["1", "2"])).toEqual({
    scheduled_start_time: { _lte: NOW },
    flow_id: { _in: ["1", "2"] },
    flow: { project_id: { _eq: "p" } },
  });
  expect(splitLabels("")).toEqual([]);
});

test("an order always ends with the id; an unknown column is none", () => {
  expect(orderOf("-start_time")).toEqual([{ start_time: "desc_nulls_last" }, { id: "desc" }]);
  expect(orderOf("start_time")).toEqual([{ start_time: "asc" }, { id: "asc" }]);
  expect(orderOf("-nonsense")).toEqual([{ scheduled_start_time: "desc" }, { id: "desc" }]);
});
