import { Link } from "@tanstack/react-router";
import { colourOf } from "@/lib/states";
import { formatDuration, formatRelative, useNow } from "@/lib/time";

interface Run {
  id: string;
  name?: string | null;
  state?: string | null;
  start_time?: string | null;
  end_time?: string | null;
}

const HEIGHT = 24;

/** A few runs as small bars, given newest first and drawn oldest first; each leads to its run. */
export function RunBars({ runs }: { runs: Run[] }) {
  const now = useNow();
  if (!runs.length) return <span className="text-muted">none yet</span>;
  const oldestFirst = [...runs].reverse();
  const lengthOf = (run: Run) =>
    (run.end_time ? Date.parse(run.end_time) : now) - Date.parse(run.start_time ?? "");
  const longest = Math.max(1000, ...oldestFirst.map(lengthOf));
  return (
    <span className="inline-flex items-end gap-0.5" style={{ height: HEIGHT }}>
      {oldestFirst.map((run) => {
        const text = `${run.name ?? run.id}: ${run.state}, ${formatDuration(lengthOf(run))}, ${formatRelative(run.start_time ?? now, now)}`;
        return (
          <Link
            key={run.id}
            to={`/flow-run/${run.id}` as "/"}
            title={text}
            aria-label={text}
            className="w-1.5 rounded-sm hover:opacity-70"
            style={{
              height: Math.max(6, Math.sqrt(lengthOf(run) / longest) * HEIGHT),
              background: colourOf(run.state),
            }}
          />
        );
      })}
    </span>
  );
}
