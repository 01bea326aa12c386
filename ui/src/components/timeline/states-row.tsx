import { colourOf } from "@/lib/states";
import { formatDuration } from "@/lib/time";
import type { Segment } from "./run-states";
import { place, type Span } from "./scale";

/** The run's own states above its tasks: how long it waited, was submitted, ran, and when it ended. */
export function RunStates({
  segments,
  span,
  now,
}: {
  segments: readonly Segment[];
  span: Span;
  now: number;
}) {
  return (
    <div className="flex h-7 items-center border-b border-line bg-panel">
      <span className="w-40 shrink-0 px-3 font-medium md:w-64">The run</span>
      <ol className="relative mr-3 h-full grow overflow-hidden" aria-label="States of the run">
        {segments.map((one) => {
          const spot = place(one, span, now);
          if (!spot) return null;
          const lasted = (one.end_time ? Date.parse(one.end_time) : now) - Date.parse(one.start_time);
          const text = lasted > 0 ? `${one.state}, ${formatDuration(lasted)}` : one.state;
          return (
            <li
              key={`${one.start_time} ${one.state}`}
              title={text}
              data-state={one.state}
              className="absolute top-2 h-3 min-w-0.5 border-l border-panel"
              style={{
                left: `min(${spot.left * 100}%, 100% - 2px)`,
                width: `${spot.width * 100}%`,
                background: colourOf(one.state),
              }}
            >
              <span className="sr-only">{text}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
