/** What is drawn as a node: a task, or a task of a run. */
export interface GraphNode {
  id: string;
  title: string;
  subtitle?: string | undefined;
  /** Written in the node beside its colour: colour alone tells nothing to some. */
  state?: string | undefined;
  /** The bar at the node's left. */
  colour?: string | undefined;
}

export interface GraphEdge {
  source: string;
  target: string;
  label?: string | undefined;
}

export type Direction = "RIGHT" | "DOWN";

/** Where each node's upper left corner stands. */
export type Positions = Map<string, { x: number; y: number }>;

export const NODE = { width: 208, height: 52 };

/** What the worker of large graphs is asked. */
export interface LayersQuestion {
  ids: string[];
  edges: GraphEdge[];
  direction: Direction;
}
