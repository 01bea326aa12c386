import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/panel";
import type { GraphProps } from "./drawing";

export type { GraphEdge, GraphNode } from "./types";

const Drawing = lazy(() => import("./drawing"));

/** Tasks and what leads from one to the next: zoom, search, click; the library comes when the first graph is shown. */
export function Graph(props: GraphProps) {
  return (
    <Suspense fallback={<Skeleton lines={8} />}>
      <Drawing {...props} />
    </Suspense>
  );
}
