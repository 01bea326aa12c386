import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { client } from "@/api/client";
import { messageOf, useAsk, useLive } from "@/api/live";
import { usePageVisible } from "@/lib/visibility";
import {
  TimelineChildrenDocument,
  type TimelineChildrenQuery,
  TimelineDocument,
  TimelineLiveDocument,
  type TimelineRunFragment,
} from "@/pages/flow-run/flow-run.gen";
import { useMapped } from "./use-mapped";

export type TaskRun = TimelineRunFragment;
export type Child = TimelineChildrenQuery["task_run"][number];

/** Tasks of a flow that the timeline shows; a flow with more is cut, and the page says so. */
export const MOST = 3000;
/** Children that one call brings, and one more each time "more" is chosen. */
const STEP = 1000;

export type Row =
  | {
      kind: "run";
      key: string;
      run: TaskRun | Child;
      title: string;
      depth: 0 | 1;
      mapped: boolean;
      open: boolean;
      counts?: Record<string, number>;
    }
  | { kind: "more"; key: string; task: string };

interface Opened {
  children: Child[];
  complete: boolean;
}

/** The rows of a run's timeline: its tasks, and the children of those that are opened. Live while the run is `active`. */
export function useRows(runId: string, active: boolean) {
  const variables = useMemo(() => ({ id: runId, limit: MOST }), [runId]);
  const live = useLive(TimelineLiveDocument, variables, { pause: !active });
  // Asked anew when the run ends, which is when the subscription stops.
  const asked = useAsk(TimelineDocument, variables, { pause: active });
  const runs = (active ? live.data : (asked.data ?? live.data))?.task_run;
  const mappedIds = useMemo(
    () => (runs ?? []).filter((run) => run.task?.mapped && run.state).map((run) => run.id),
    [runs],
  );
  const mapped = useMapped(mappedIds, active);
  const { opened, toggle, more, error } = useOpened(runId, active);
  const rows = useMemo(() => {
    const all: Row[] = [];
    for (const { run, counts } of inOrder(runs ?? [], mapped)) {
      const found = opened.get(run.task_id);
      all.push({
        kind: "run",
        key: run.id,
        title: run.name || run.task?.name || run.id.slice(0, 8),
        depth: 0,
        mapped: !!counts,
        open: !!found,
        run,
        ...(counts ? { counts } : {}),
      });
      if (!found) continue;
      for (const child of found.children)
        all.push({
          kind: "run",
          key: child.id,
          run: child,
          title: child.name || `[${child.map_index}]`,
          depth: 1,
          mapped: false,
          open: false,
        });
      if (!found.complete) all.push({ kind: "more", key: `more ${run.task_id}`, task: run.task_id });
    }
    return all;
  }, [runs, mapped, opened]);
  return {
    rows,
    count: runs?.length,
    toggle,
    more,
    error: live.error ?? asked.error ?? error,
  };
}

/** The runs by when they began; a mapped one lasts from its first child to its last. */
function inOrder(runs: readonly TaskRun[], mapped: ReturnType<typeof useMapped>) {
  const all = runs.map((run) => {
    const children = mapped.get(run.id);
    if (!children || !Object.values(children.state_counts).some(Boolean)) return { run, counts: undefined };
    const { state_counts: counts, min_start_time, max_end_time } = children;
    const start_time = min_start_time ?? run.start_time;
    return { run: { ...run, start_time, end_time: unfinished(counts) ? null : max_end_time }, counts };
  });
  const began = (run: TaskRun) => (run.start_time ? Date.parse(run.start_time) : Number.POSITIVE_INFINITY);
  // Infinity minus itself is no number.
  return all.sort((a, b) => began(a.run) - began(b.run) || 0);
}

const UNFINISHED = [
  "Pending",
  "Scheduled",
  "Submitted",
  "Running",
  "Retrying",
  "Queued",
  "Paused",
  "Resume",
  "Cancelling",
];

function unfinished(counts: Record<string, number>): boolean {
  return UNFINISHED.some((state) => counts[state]);
}

/** The opened mapped tasks (by task id) and their children. */
function useOpened(runId: string, active: boolean) {
  const [opened, setOpened] = useState<Map<string, Opened>>(new Map());
  const [error, setError] = useState<string>();
  const visible = usePageVisible();
  const current = useRef(opened);
  current.current = opened;
  const load = useCallback(
    async (task: string, wanted: number) => {
      const children: Child[] = [];
      let complete = false;
      while (children.length < wanted && !complete) {
        const result = await client
          .query(TimelineChildrenDocument, {
            run: runId,
            task,
            after: children.at(-1)?.map_index ?? -1,
            limit: STEP,
          })
          .toPromise();
        setError(result.error ? messageOf(result.error) : undefined);
        if (!result.data) return;
        children.push(...result.data.task_run);
        complete = result.data.task_run.length < STEP;
      }
      setOpened((before) => (before.has(task) ? new Map(before).set(task, { children, complete }) : before));
    },
    [runId],
  );
  const toggle = useCallback(
    (task: string) => {
      const next = new Map(current.current);
      if (next.delete(task)) setOpened(next);
      else {
        setOpened(next.set(task, { children: [], complete: true }));
        void load(task, STEP);
      }
    },
    [load],
  );
  const more = useCallback(
    (task: string) => void load(task, (current.current.get(task)?.children.length ?? 0) + STEP),
    [load],
  );
  const any = opened.size > 0;
  useEffect(() => {
    if (!any || !visible || !active) return;
    const timer = setInterval(() => {
      for (const [task, { children }] of current.current) void load(task, Math.max(STEP, children.length));
    }, 3000);
    return () => {
      clearInterval(timer);
      // Once more after the run's end.
      for (const [task, { children }] of current.current) void load(task, Math.max(STEP, children.length));
    };
  }, [any, visible, active, load]);
  return { opened, toggle, more, error };
}
