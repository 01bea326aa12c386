import { useVirtualizer } from "@tanstack/react-virtual";
import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLive } from "@/api/live";
import { Button } from "@/components/button";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { formatDuration, useNow } from "@/lib/time";
import { FlowRunStatesDocument } from "@/pages/flow-run/flow-run.gen";
import { TimelineRow } from "./row";
import { segmentsOf, shownOf } from "./run-states";
import { moved, type Span, spanOf, ticks, zoomed } from "./scale";
import { RunStates } from "./states-row";
import { MOST, useRows } from "./use-rows";

const ROW = 28;
const HEIGHT = 420;

/** When each task of a run began and ended. */
export function Timeline({ runId, active }: { runId: string; active: boolean }) {
  const { rows, count, toggle, more, error } = useRows(runId, active);
  const states = useLive(
    FlowRunStatesDocument,
    useMemo(() => ({ id: runId }), [runId]),
  );
  const changes = states.data?.flow_run_state;
  const segments = useMemo(() => segmentsOf(changes ?? []), [changes]);
  const now = useNow();
  const bars = useMemo(() => rows.flatMap((row) => (row.kind === "run" ? [row.run] : [])), [rows]);
  const shown = useMemo(() => [...shownOf(segments), ...bars], [segments, bars]);
  const whole = useMemo(() => spanOf(shown, now), [shown, now]);
  const [chosen, setChosen] = useState<Span>();
  const span = chosen ?? whole;
  const origin = useMemo(
    () => Math.min(...shown.flatMap((bar) => (bar.start_time ? [Date.parse(bar.start_time)] : []))),
    [shown],
  );
  const box = useRef<HTMLElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 10,
  });
  const zoom = (factor: number, share = 0.5) => {
    if (!span || !whole) return;
    const next = zoomed(span, factor, share, whole);
    // All of it again: follow the run as it grows.
    setChosen(next.to - next.from >= whole.to - whole.from ? undefined : next);
  };
  const state = useRef({ zoom, span, whole });
  state.current = { zoom, span, whole };
  const ready = !!span && rows.length > 0;
  useEffect(() => {
    const element = box.current;
    if (!element || !ready) return;
    // Not React's: only a listener that is not passive may keep the browser from zooming the page.
    const wheel = (event: WheelEvent) => {
      const track = element.querySelector("[data-axis]")?.getBoundingClientRect();
      const { zoom, span, whole } = state.current;
      if (!track || !span || !whole) return;
      const share = Math.min(1, Math.max(0, (event.clientX - track.left) / track.width));
      if (event.ctrlKey || event.metaKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, share);
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        setChosen((before) => before && moved(before, (event.deltaX || event.deltaY) / track.width, whole));
      else return;
      event.preventDefault();
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [ready]);
  return (
    <Panel
      title="Timeline"
      flush
      actions={
        <>
          <Button
            kind="ghost"
            aria-label="Zoom in"
            title="Zoom in (Ctrl and wheel)"
            icon={<ZoomIn className="size-4" />}
            onClick={() => zoom(0.5)}
            disabled={!ready}
          />
          <Button
            kind="ghost"
            aria-label="Zoom out"
            title="Zoom out (Ctrl and wheel)"
            icon={<ZoomOut className="size-4" />}
            onClick={() => zoom(2)}
            disabled={!chosen}
          />
          <Button
            kind="ghost"
            aria-label="Show it whole"
            title="Show it whole"
            icon={<Maximize2 className="size-4" />}
            onClick={() => setChosen(undefined)}
            disabled={!chosen}
          />
        </>
      }
    >
      <Failure error={error ?? states.error} />
      {count === undefined ? (
        <Skeleton lines={6} />
      ) : !rows.length ? (
        <Empty title="This run has no tasks" />
      ) : (
        // A log of moments for the eye: all of it also stands in the tab "Tasks".
        <section
          ref={box}
          aria-label="Timeline of the tasks; arrow keys move, plus and minus zoom"
          className="relative overflow-x-hidden overflow-y-auto"
          style={{ maxHeight: HEIGHT }}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          onKeyDown={(event) => {
            if (event.key === "+" || event.key === "=") zoom(0.5);
            else if (event.key === "-") zoom(2);
            else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && whole)
              setChosen((before) => before && moved(before, event.key === "ArrowLeft" ? -0.2 : 0.2, whole));
            else return;
            event.preventDefault();
          }}
        >
          {span && (
            <div className="sticky top-0 z-10">
              <Axis span={span} origin={origin} />
              {segments.length > 0 && <RunStates segments={segments} span={span} now={now} />}
            </div>
          )}
          <div className="relative" style={{ height: list.getTotalSize() }}>
            {list.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return (
                row && (
                  <div key={item.key} className="absolute inset-x-0" style={{ height: ROW, top: item.start }}>
                    {row.kind === "run" ? (
                      <TimelineRow row={row} span={span} now={now} onToggle={toggle} />
                    ) : (
                      <Button kind="ghost" className="ml-6 !h-6" onClick={() => more(row.task)}>
                        More children
                      </Button>
                    )}
                  </div>
                )
              );
            })}
          </div>
          {count === MOST && (
            <p className="px-3 py-2 text-muted">
              The first {MOST.toLocaleString()} tasks; all are in the tab Tasks.
            </p>
          )}
        </section>
      )}
    </Panel>
  );
}

function Axis({ span, origin }: { span: Span; origin: number }) {
  const length = span.to - span.from;
  return (
    <div className="flex h-7 border-b border-line bg-panel text-xs text-muted">
      <span className="w-40 shrink-0 px-3 leading-7 md:w-64">since the start</span>
      <div className="relative mr-3 grow overflow-hidden" data-axis>
        {ticks(span, origin, 6).map((at) => {
          const share = (origin + at - span.from) / length;
          return (
            <span
              key={at}
              className="absolute top-0 h-full border-l border-line pl-1 leading-7 whitespace-nowrap"
              style={{ left: `${share * 100}%` }}
            >
              {formatDuration(at)}
            </span>
          );
        })}
      </div>
    </div>
  );
}
