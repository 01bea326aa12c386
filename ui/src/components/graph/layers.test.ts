import { describe, expect, it } from "vitest";
import { placeInLayers } from "./layers";
import { NODE } from "./types";

const edge = (source: string, target: string) => ({ source, target });

/** The same graph in each run: `count` nodes, each after one or two of those some twenty before it. */
function large(count: number) {
  const ids = Array.from({ length: count }, (_, index) => String(index));
  const edges = ids.flatMap((id, index) =>
    [index - 20 - (index % 3), index - 20 - ((index * 7) % 13)]
      .filter((before) => before >= 0)
      .map((before) => edge(String(before), id)),
  );
  return { ids, edges };
}

describe("placing in layers", () => {
  it("lets no two nodes overlap and every edge go forward", () => {
    const { ids, edges } = large(400);
    for (const direction of ["RIGHT", "DOWN"] as const) {
      const positions = placeInLayers(ids, edges, direction);
      expect(positions.size).toBe(400);
      const places = [...positions.values()];
      const overlapping = places.filter((one, index) =>
        places
          .slice(index + 1)
          .some((other) => Math.abs(one.x - other.x) < NODE.width && Math.abs(one.y - other.y) < NODE.height),
      );
      expect(overlapping).toEqual([]);
      const along = direction === "RIGHT" ? "x" : "y";
      for (const { source, target } of edges)
        expect(positions.get(target)?.[along]).toBeGreaterThan(positions.get(source)?.[along] ?? 0);
    }
  });

  it("puts a chain in a line, a fork on both sides of its root, and a root beside what uses it", () => {
    const ids = ["a", "b", "c", "left", "right", "parameter"];
    const positions = placeInLayers(
      ids,
      [edge("a", "b"), edge("b", "c"), edge("c", "left"), edge("c", "right"), edge("parameter", "right")],
      "RIGHT",
    );
    const { a, b, c, left, right, parameter } = Object.fromEntries(positions);
    expect(a?.y).toBeCloseTo(b?.y ?? -1);
    expect(Math.abs((left?.y ?? 0) - (right?.y ?? 0))).toBeGreaterThanOrEqual(NODE.height);
    expect(b?.x).toBeGreaterThan(a?.x ?? 0);
    expect(parameter?.x).toBe(c?.x);
  });

  it("ends for a circle, for an edge to itself and for what is not there", () => {
    const positions = placeInLayers(
      ["a", "b", "c"],
      [edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("b", "b"), edge("c", "gone")],
      "DOWN",
    );
    expect([...positions.values()].every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
    expect(new Set([...positions.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(3);
    expect(placeInLayers([], [], "RIGHT").size).toBe(0);
  });
});
