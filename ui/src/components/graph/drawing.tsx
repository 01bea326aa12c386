/** The graph itself; loaded by index.tsx when one is first shown. */
import {
  Background,
  Controls,
  type Edge,
  MiniMap,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { ArrowDownFromLine, ArrowRightFromLine } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/button";
import { SearchField } from "@/components/fields";
import { Failure } from "@/components/panel";
import { useTheme } from "@/lib/theme";
import { layOut } from "./layout";
import { type DrawnNode, TaskNode } from "./node";
import { drawable, matching, related, shapeOf } from "./structure";
import { type Direction, type GraphEdge, type GraphNode, NODE, type Positions } from "./types";

const NODE_TYPES = { task: TaskNode };
/** A larger graph opens at its beginning and in a size that can be read; a button shows it whole. */
const WHOLE_UP_TO = 60;

export interface GraphProps {
  nodes: GraphNode[];
  edges: GraphEdge[];
  label: string;
  /** The node that is looked at; its way up and down stays bright. */
  selected?: string | undefined;
  onSelect: (id: string | undefined) => void;
  height?: number;
}

export default function Drawing(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Placed {...props} />
    </ReactFlowProvider>
  );
}

function Placed({ nodes, edges, label, selected, onSelect, height = 560 }: GraphProps) {
  const [direction, setDirection] = useState<Direction>("RIGHT");
  const [search, setSearch] = useState("");
  const lines = useMemo(() => drawable(nodes, edges), [nodes, edges]);
  const { positions, error } = usePositions(nodes, lines, direction);
  const bright = useMemo(() => (selected ? related(selected, lines) : undefined), [selected, lines]);
  const found = useMemo(() => matching(nodes, search), [nodes, search]);
  const drawn = useMemo(
    () => drawNodes(nodes, positions, direction, selected, bright, found),
    [nodes, positions, direction, selected, bright, found],
  );
  const drawnEdges = useMemo(() => drawEdges(lines, bright), [lines, bright]);
  return (
    <section aria-label={label} className="flex flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <SearchField label="Search tasks" value={search} onChange={setSearch} />
        <Found found={found} search={search} positions={positions} />
        <span className="ml-auto text-muted tabular-nums">
          {nodes.length.toLocaleString()} tasks, {lines.length.toLocaleString()} edges
        </span>
        <Button
          kind="ghost"
          onClick={() => setDirection(direction === "RIGHT" ? "DOWN" : "RIGHT")}
          icon={
            direction === "RIGHT" ? (
              <ArrowRightFromLine className="size-4" aria-hidden />
            ) : (
              <ArrowDownFromLine className="size-4" aria-hidden />
            )
          }
        >
          {direction === "RIGHT" ? "Left to right" : "Top to bottom"}
        </Button>
      </div>
      <Failure error={error} />
      <div style={{ height }} className="relative" data-placed={positions ? nodes.length : undefined}>
        {positions ? (
          <Canvas nodes={drawn} edges={drawnEdges} positions={positions} onSelect={onSelect} />
        ) : (
          !error && (
            <p role="status" className="grid h-full place-items-center text-muted">
              Placing {nodes.length.toLocaleString()} tasks…
            </p>
          )
        )}
      </div>
    </section>
  );
}

/** The nodes' places; worked out anew only when the shape changes, the old ones shown until then. */
function usePositions(nodes: GraphNode[], edges: GraphEdge[], direction: Direction) {
  const [placed, setPlaced] = useState<{ key: string; positions: Positions }>();
  const [error, setError] = useState<string>();
  const key = `${direction} ${shapeOf(nodes, edges)}`;
  const latest = useRef({ nodes, edges });
  latest.current = { nodes, edges };
  useEffect(() => {
    const abort = new AbortController();
    setError(undefined);
    // The key says which nodes and edges; what else has changed in them moves nothing.
    const direction = key.startsWith("RIGHT") ? "RIGHT" : "DOWN";
    layOut(latest.current.nodes, latest.current.edges, direction, abort.signal)
      .then((positions) => setPlaced({ key, positions }))
      .catch((reason) => {
        if (!abort.signal.aborted) setError(`The graph cannot be drawn: ${reason?.message ?? reason}`);
      });
    return () => abort.abort(new Error("another graph is wanted"));
  }, [key]);
  return { positions: placed?.positions, error };
}

function drawNodes(
  nodes: GraphNode[],
  positions: Positions | undefined,
  direction: Direction,
  selected: string | undefined,
  bright: Set<string> | undefined,
  found: string[],
): DrawnNode[] {
  const hits = new Set(found);
  const right = direction === "RIGHT";
  const { width, height } = NODE;
  return nodes.flatMap((node) => {
    const position = positions?.get(node.id);
    if (!position) return [];
    return {
      id: node.id,
      type: "task" as const,
      position,
      ...NODE,
      // Told beforehand, so that edges to nodes outside the view can be drawn.
      handles: [
        {
          type: "target" as const,
          position: right ? Position.Left : Position.Top,
          x: right ? 0 : width / 2,
          y: right ? height / 2 : 0,
          width: 1,
          height: 1,
        },
        {
          type: "source" as const,
          position: right ? Position.Right : Position.Bottom,
          x: right ? width : width / 2,
          y: right ? height / 2 : height,
          width: 1,
          height: 1,
        },
      ],
      selected: node.id === selected,
      ariaLabel: [node.title, node.state, node.subtitle].filter(Boolean).join(", "),
      data: {
        node,
        direction,
        found: hits.has(node.id),
        dimmed: bright ? !bright.has(node.id) : hits.size > 0 && !hits.has(node.id),
      },
    };
  });
}

function drawEdges(lines: GraphEdge[], bright: Set<string> | undefined): Edge[] {
  return lines.map(({ source, target, label }) => {
    const lit = bright?.has(source) && bright.has(target);
    return {
      id: `${source} ${target}`,
      source,
      target,
      ...(lit && label ? { label } : {}),
      style: { stroke: lit ? "var(--accent)" : "var(--muted)", opacity: bright && !lit ? 0.15 : 0.7 },
    };
  });
}

function Canvas({
  nodes,
  edges,
  positions,
  onSelect,
}: {
  nodes: DrawnNode[];
  edges: Edge[];
  positions: Positions;
  onSelect: (id: string | undefined) => void;
}) {
  const theme = useTheme();
  const flow = useReactFlow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at anew when everything has moved
  useEffect(() => {
    if (nodes.length <= WHOLE_UP_TO) void flow.fitView({ padding: 0.1, maxZoom: 1 });
    else {
      const first = nodes.reduce((one, other) =>
        other.position.x + other.position.y < one.position.x + one.position.y ? other : one,
      );
      void flow.setViewport({ x: 40 - first.position.x * 0.8, y: 40 - first.position.y * 0.8, zoom: 0.8 });
    }
  }, [positions, flow]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      onlyRenderVisibleElements
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      deleteKeyCode={null}
      minZoom={0.02}
      maxZoom={2}
      colorMode={theme}
      proOptions={{ hideAttribution: true }}
      onNodeClick={(_, node) => onSelect(node.id)}
      onPaneClick={() => onSelect(undefined)}
      onNodesChange={(changes) => {
        // The keyboard selects by Enter, and says so here.
        for (const change of changes) if (change.type === "select" && change.selected) onSelect(change.id);
      }}
    >
      <Background />
      <Controls showInteractive={false} />
      <MiniMap
        pannable
        zoomable
        ariaLabel="The whole graph"
        bgColor="var(--panel)"
        maskColor="color-mix(in oklab, var(--sunken) 70%, transparent)"
        nodeColor={(node) => (node as DrawnNode).data.node.colour ?? "#8a94a6"}
        className="max-sm:!hidden"
      />
    </ReactFlow>
  );
}

/** What the search has found, one after the other. */
function Found({
  found,
  search,
  positions,
}: {
  found: string[];
  search: string;
  positions: Positions | undefined;
}) {
  const flow = useReactFlow();
  const [at, setAt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search begins with its first
  useEffect(() => setAt(0), [search]);
  if (!search) return null;
  const show = () => {
    const position = positions?.get(found[at % found.length] ?? "");
    setAt(at + 1);
    if (position)
      void flow.setCenter(position.x + NODE.width / 2, position.y + NODE.height / 2, {
        zoom: 1,
        duration: 250,
      });
  };
  return (
    <span className="inline-flex items-center gap-2 text-muted">
      {found.length.toLocaleString()} found
      {found.length > 0 && (
        <Button onClick={show}>{at === 0 ? "Show" : `Next (${(at % found.length) + 1})`}</Button>
      )}
    </span>
  );
}
