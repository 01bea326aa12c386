/** Places nodes in layers, in a worker: the page stays usable while a large flow is worked on. */
import ELK, { type ElkNode } from "elkjs/lib/elk-api";
import ElkWorker from "elkjs/lib/elk-worker.min.js?worker";
import LayersWorker from "./layers.worker?worker";
import {
  type Direction,
  type GraphEdge,
  type GraphNode,
  type LayersQuestion,
  NODE,
  type Positions,
} from "./types";

/** From here on the quick way: elkjs needs 6 to 9 s of CPU for 2,000 nodes, even with its quickest strategies. */
const LARGE = 300;

/** Resolves to where the nodes go. `signal` ends the worker: its answer is no longer wanted. */
export function layOut(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  direction: Direction,
  signal: AbortSignal,
): Promise<Positions> {
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason)),
  );
  return (nodes.length > LARGE ? quickly : finely)(nodes, edges, direction, aborted);
}

async function quickly(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  direction: Direction,
  aborted: Promise<never>,
): Promise<Positions> {
  const worker = new LayersWorker();
  const answered = new Promise<Positions>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Positions>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  try {
    const question: LayersQuestion = {
      ids: nodes.map(({ id }) => id),
      edges: edges.map(({ source, target }) => ({ source, target })),
      direction,
    };
    worker.postMessage(question);
    return await Promise.race([answered, aborted]);
  } finally {
    worker.terminate();
  }
}

async function finely(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  direction: Direction,
  aborted: Promise<never>,
): Promise<Positions> {
  const elk = new ELK({ workerFactory: () => new ElkWorker() });
  try {
    const graph: ElkNode = {
      id: "graph",
      layoutOptions: {
        "elk.algorithm": "layered",
        "elk.direction": direction,
        // Edges are drawn as curves from node to node; their routes are not asked for.
        "elk.edgeRouting": "POLYLINE",
        "elk.spacing.nodeNode": "18",
        "elk.layered.spacing.nodeNodeBetweenLayers": "70",
        "elk.spacing.edgeNode": "12",
        "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
        "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
      },
      children: nodes.map((node) => ({ id: node.id, ...NODE })),
      edges: edges.map((edge, index) => ({
        id: String(index),
        sources: [edge.source],
        targets: [edge.target],
      })),
    };
    const placed = await Promise.race([elk.layout(graph), aborted]);
    return new Map(placed.children?.map((node) => [node.id, { x: node.x ?? 0, y: node.y ?? 0 }]));
  } finally {
    elk.terminateWorker();
  }
}
