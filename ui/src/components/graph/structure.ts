import type { GraphEdge, GraphNode } from "./types";

/** Names the shape of a graph: while it stays the same, a change of states moves nothing. */
export function shapeOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string {
  const ids = nodes.map((node) => node.id).join(" ");
  return `${ids}|${edges.map((edge) => `${edge.source}>${edge.target}`).join(" ")}`;
}

/** Edges between nodes that are there, each pair once: two arguments from one task are one line. */
export function drawable(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphEdge[] {
  const known = new Set(nodes.map((node) => node.id));
  const found = new Map<string, GraphEdge>();
  for (const edge of edges) {
    if (!known.has(edge.source) || !known.has(edge.target)) continue;
    const key = `${edge.source} ${edge.target}`;
    const other = found.get(key);
    const label = [other?.label, edge.label].filter(Boolean).join(", ") || undefined;
    found.set(key, { ...edge, label });
  }
  return [...found.values()];
}

/** Everything before and after a node, itself included. */
export function related(id: string, edges: readonly GraphEdge[]): Set<string> {
  const found = new Set([id]);
  for (const [from, to] of [
    ["source", "target"],
    ["target", "source"],
  ] as const) {
    const next = new Map<string, string[]>();
    for (const edge of edges) {
      const list = next.get(edge[from]);
      if (list) list.push(edge[to]);
      else next.set(edge[from], [edge[to]]);
    }
    const seen = new Set([id]);
    const queue = [id];
    for (let one = queue.pop(); one !== undefined; one = queue.pop())
      for (const other of next.get(one) ?? [])
        if (!seen.has(other)) {
          seen.add(other);
          queue.push(other);
        }
    for (const one of seen) found.add(one);
  }
  return found;
}

/** The ids of the nodes whose title, subtitle or state holds the text. */
export function matching(nodes: readonly GraphNode[], text: string): string[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return nodes
    .filter((node) =>
      [node.title, node.subtitle, node.state].some((part) => part?.toLowerCase().includes(wanted)),
    )
    .map((node) => node.id);
}
