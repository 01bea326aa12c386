import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import clsx from "clsx";
import { memo } from "react";
import type { Direction, GraphNode } from "./types";

export type DrawnNode = Node<
  { node: GraphNode; direction: Direction; dimmed: boolean; found: boolean },
  "task"
>;

const HANDLE = "!size-1 !min-h-0 !min-w-0 !border-0 !bg-transparent";

export const TaskNode = memo(({ data, selected }: NodeProps<DrawnNode>) => {
  const { node, direction, dimmed, found } = data;
  const right = direction === "RIGHT";
  return (
    <div
      className={clsx(
        "flex size-full overflow-hidden rounded-md border bg-panel text-left text-xs shadow-sm",
        selected ? "border-accent ring-2 ring-accent" : found ? "border-accent" : "border-line",
        dimmed && "opacity-30",
      )}
      title={[node.title, node.subtitle, node.state].filter(Boolean).join(" · ")}
    >
      <Handle type="target" position={right ? Position.Left : Position.Top} className={HANDLE} />
      {node.colour && <span className="w-1.5 shrink-0" style={{ background: node.colour }} aria-hidden />}
      <span className="flex min-w-0 grow flex-col justify-center px-2">
        <span className="truncate font-medium text-ink">{node.title}</span>
        {(node.subtitle || node.state) && (
          <span className="truncate text-muted">
            {[node.state, node.subtitle].filter(Boolean).join(" · ")}
          </span>
        )}
      </span>
      <Handle type="source" position={right ? Position.Right : Position.Bottom} className={HANDLE} />
    </div>
  );
});
TaskNode.displayName = "TaskNode";
