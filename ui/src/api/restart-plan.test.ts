import { expect, test } from "vitest";
import { type PlannedTask, runsToRestart } from "./restart-plan";

const SUCCESS = "Success";

function task(id: string, upstream: string[], states: Record<number, string>, mapped = false): PlannedTask {
  return {
    task_id: id,
    upstream: upstream.map((one) => ({ upstream_task_id: one, mapped })),
    runs: Object.entries(states).map(([index, state]) => ({
      id: `${id}${index}`,
      version: 3,
      map_index: Number(index),
      state,
    })),
  };
}
const ids = (tasks: PlannedTask[], failed: string[]) =>
  runsToRestart(tasks, new Set(failed))
    .map((run) => run.id)
    .sort();

test("what failed and what stands below it", () => {
  const tasks = [
    task("b", ["a"], { [-1]: "Failed" }),
    task("c", ["b"], { [-1]: "TriggerFailed" }),
    task("d", ["b"], { [-1]: SUCCESS }),
  ];
  expect(ids(tasks, ["b-1", "c-1"])).toEqual(["b-1", "c-1", "d-1"]);
});

test("of mapped children only those that failed, and theirs; a task that gathers them begins anew", () => {
  const tasks = [
    task("m", ["a"], { [-1]: "Mapped", 0: SUCCESS, 1: "Failed", 2: SUCCESS }, true),
    task("n", ["m"], { [-1]: "Mapped", 0: SUCCESS, 1: "TriggerFailed", 2: SUCCESS }, true),
    task("sum", ["n"], { [-1]: "TriggerFailed" }),
  ];
  expect(ids(tasks, ["m1", "n1", "sum-1"])).toEqual(["m1", "n1", "sum-1"]);
});

test("a mapped child below one that begins anew does too, though it went well", () => {
  const tasks = [
    task("m", ["a"], { [-1]: "Mapped", 0: "Failed", 1: SUCCESS }, true),
    task("n", ["m"], { [-1]: "Mapped", 0: SUCCESS, 1: SUCCESS }, true),
  ];
  expect(ids(tasks, ["m0"])).toEqual(["m0", "n0"]);
});

test("all children, when the list they are mapped over is made anew", () => {
  const tasks = [
    task("list", [], { [-1]: "Failed" }),
    task("m", ["list"], { [-1]: "TriggerFailed", 0: SUCCESS, 1: SUCCESS }, true),
  ];
  expect(ids(tasks, ["list-1", "m-1"])).toEqual(["list-1", "m-1", "m0", "m1"]);
});

test("what is pending already is left alone", () => {
  const tasks = [task("b", [], { [-1]: "Failed" }), task("c", ["b"], { [-1]: "Pending" })];
  expect(ids(tasks, ["b-1"])).toEqual(["b-1"]);
});
