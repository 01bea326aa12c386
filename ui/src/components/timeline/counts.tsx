import { colourOf } from "@/lib/states";

/** How many are in which state, as a line of small numbers. */
export function StateCounts({ counts }: { counts: Record<string, number> }) {
  const all = Object.entries(counts).filter(([, count]) => count);
  if (!all.length) return <span className="text-muted">no children yet</span>;
  return (
    <span className="inline-flex flex-wrap gap-x-2">
      {all
        .sort(([, a], [, b]) => b - a)
        .map(([state, count]) => (
          <span key={state} className="inline-flex items-center gap-1 whitespace-nowrap">
            <span aria-hidden className="size-2 rounded-full" style={{ background: colourOf(state) }} />
            {count.toLocaleString()} {state}
          </span>
        ))}
    </span>
  );
}
