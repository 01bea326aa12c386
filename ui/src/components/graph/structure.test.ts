import { describe, expect, it } from "vitest";
import { drawable, matching, related, shapeOf } from "./structure";

const nodes = ["a", "b", "c", "d", "e"].map((id) => ({ id, title: `task ${id}` }));
const edges = [
  { source: "a", target: "b", label: "x" },
  { source: "a", target: "b", label: "y" },
  { source: "b", target: "c" },
  { source: "d", target: "c" },
  { source: "gone", target: "e" },
];

describe("a graph's structure", () => {
  it("draws one line for two arguments, and none to what is not there", () => {
    expect(drawable(nodes, edges)).toEqual([
      { source: "a", target: "b", label: "x, y" },
      { source: "b", target: "c", label: undefined },
      { source: "d", target: "c", label: undefined },
    ]);
  });

  it("knows what is before and after a node, not what is beside it", () => {
    expect([...related("b", edges)].sort()).toEqual(["a", "b", "c"]);
    expect([...related("c", edges)].sort()).toEqual(["a", "b", "c", "d"]);
    expect([...related("b", [...edges, { source: "c", target: "a" }])].sort()).toEqual(["a", "b", "c", "d"]);
  });

  it("finds by title, subtitle and state", () => {
    const some = [
      { id: "1", title: "Load" },
      { id: "2", title: "x", subtitle: "loader" },
      { id: "3", title: "y", state: "Failed" },
    ];
    expect(matching(some, " load")).toEqual(["1", "2"]);
    expect(matching(some, "fail")).toEqual(["3"]);
    expect(matching(some, " ")).toEqual([]);
  });

  it("has the same shape while only states change", () => {
    expect(shapeOf(nodes, edges)).toBe(
      shapeOf(
        nodes.map((node) => ({ ...node, state: "Success" })),
        edges,
      ),
    );
    expect(shapeOf(nodes, edges)).not.toBe(shapeOf(nodes.slice(1), edges));
  });
});
