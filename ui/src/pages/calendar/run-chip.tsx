import { Link } from "@tanstack/react-router";
import { colourOf } from "@/lib/states";
import { formatTime } from "@/lib/time";
import type { Run } from "./cells";

export function RunChip({ run, zone }: { run: Run; zone: string }) {
  const time = formatTime(run.scheduled_start_time, zone).slice(0, 5);
  const text = `${time} ${run.flow.name}, ${run.name ?? run.id}: ${run.state ?? "no state"}`;
  return (
    <Link
      to={`/flow-run/${run.id}` as "/"}
      title={text}
      aria-label={text}
      className="mb-0.5 block truncate rounded border-l-4 bg-sunken px-1 py-0.5 hover:underline"
      style={{ borderColor: colourOf(run.state) }}
    >
      {time} {run.flow.name}
    </Link>
  );
}
