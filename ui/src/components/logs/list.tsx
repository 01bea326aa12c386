import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { useZone } from "@/lib/time";
import { LogLine } from "./line";
import type { Logs } from "./use-logs";

const ROW = 20;
/** Lines before an end of the window at which the next page is asked for. */
const AHEAD = 80;

/** The lines that are in sight; scrolling to an end of the window asks for more. */
export function LogList({
  logs,
  wrap,
  search,
  chosen,
  onChoose,
}: {
  logs: Logs;
  wrap: boolean;
  search: string;
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const zone = useZone();
  const box = useRef<HTMLElement>(null);
  const { lines, atStart, atEnd, older, newer, opened, place } = logs;
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    getItemKey: useCallback((index: number) => lines[index]?.id ?? index, [lines]),
    overscan: 20,
    // Lines that come before or go there leave what is read where it is; at the end the newest stay in sight.
    anchorTo: "end",
    followOnAppend: atEnd,
    scrollEndThreshold: 24,
  });
  const items = list.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const count = lines.length;
  const shown = useRef(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: shown once for each opening
  useLayoutEffect(() => {
    if (!count) return;
    const frame = requestAnimationFrame(() => {
      shown.current = opened;
    });
    if ("end" in place) list.scrollToEnd();
    else if ("start" in place || "moment" in place) list.scrollToIndex(0, { align: "start" });
    else
      list.scrollToIndex(
        Math.max(
          0,
          lines.findIndex((line) => line.id === place.line),
        ),
        { align: "center" },
      );
    return () => cancelAnimationFrame(frame);
  }, [opened]);
  useEffect(() => {
    // Before the first scroll to its place the list stands at the window's start, and needs nothing there.
    if (!count || shown.current !== opened) return;
    if (first < AHEAD && !atStart) older();
    else if (last > count - AHEAD && !atEnd) newer();
  }, [first, last, count, atStart, atEnd, older, newer, opened]);
  return (
    <section
      ref={box}
      aria-label="Log lines"
      data-testid="log-lines"
      className="relative h-[calc(100dvh-20rem)] min-h-80 overflow-auto py-1 font-mono text-xs"
      style={{ overflowAnchor: "none" }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <div className="relative w-full" style={{ height: list.getTotalSize() }}>
        <div
          className={wrap ? "absolute left-0 w-full" : "absolute left-0 min-w-full"}
          style={{ top: items[0]?.start ?? 0 }}
        >
          {items.map((item) => {
            const line = lines[item.index];
            return (
              line && (
                <div key={item.key} data-index={item.index} ref={list.measureElement}>
                  <LogLine
                    line={line}
                    zone={zone}
                    wrap={wrap}
                    search={search}
                    chosen={line.id === chosen}
                    onChoose={onChoose}
                  />
                </div>
              )
            );
          })}
        </div>
      </div>
    </section>
  );
}
