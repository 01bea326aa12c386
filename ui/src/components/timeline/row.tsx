import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { colourOf, isFinished } from "@/lib/states";
import { formatDuration } from "@/lib/time";
import { place, type Span } from "./scale";
import type { Row } from "./use-rows";

/** A task's name and its bar. */
export function TimelineRow({
  row,
  span,
  now,
  onToggle,
}: {
  row: Extract<Row, { kind: "run" }>;
  span: Span | undefined;
  now: number;
  onToggle: (task: string) => void;
}) {
  const { run, title, depth, mapped, open, counts } = row;
  const start = run.start_time ? Date.parse(run.start_time) : undefined;
  const lasted =
    start === undefined ? "" : formatDuration((run.end_time ? Date.parse(run.end_time) : now) - start);
  const text = `${title}: ${run.state ?? "Pending"}${lasted && `, ${lasted}`}`;
  const ended = isFinished(run.state) && !run.end_time && !mapped;
  const spot = span && place(ended ? { ...run, end_time: run.start_time } : run, span, now);
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <div className="flex h-full items-center border-b border-line/60 hover:bg-sunken">
      <div
        className="flex w-40 shrink-0 items-center gap-1 px-3 md:w-64"
        style={{ paddingLeft: depth ? 36 : 12 }}
      >
        {mapped && "task_id" in run ? (
          <button
            type="button"
            aria-expanded={open}
            aria-label={`Children of ${title}`}
            onClick={() => onToggle(run.task_id)}
          >
            <Chevron className="size-4 text-muted" aria-hidden />
          </button>
        ) : (
          depth === 0 && <span className="w-4 shrink-0" />
        )}
        <span
          aria-hidden
          className="size-2 shrink-0 rounded-full"
          style={{ background: colourOf(run.state) }}
        />
        <Link to={`/task-run/${run.id}` as "/"} className="truncate hover:underline" title={text}>
          {title}
        </Link>
        {counts && (
          <span className="ml-auto shrink-0 text-xs text-muted tabular-nums">
            {Object.values(counts)
              .reduce((sum, count) => sum + count, 0)
              .toLocaleString()}
          </span>
        )}
      </div>
      <div className="relative mr-3 h-full grow overflow-hidden" data-testid="track">
        {spot && (
          <Link
            to={`/task-run/${run.id}` as "/"}
            tabIndex={-1}
            aria-label={text}
            title={text}
            data-state={run.state ?? ""}
            className="absolute top-1.5 flex h-4 min-w-0.5 overflow-hidden rounded-sm"
            style={{
              left: `min(${spot.left * 100}%, 100% - 2px)`,
              width: `${spot.width * 100}%`,
              background: colourOf(run.state),
            }}
          >
            {counts &&
              Object.entries(counts).map(([state, count]) =>
                count ? <span key={state} style={{ flexGrow: count, background: colourOf(state) }} /> : null,
              )}
          </Link>
        )}
      </div>
    </div>
  );
}
