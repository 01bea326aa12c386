import { useState } from "react";
import { StateBadge } from "@/components/badge";
import { Button } from "@/components/button";
import { Empty } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { Duration } from "@/components/times";
import { formatTime } from "@/lib/time";
import { type Day, hoursOf, type Run } from "./cells";

/** So many runs of an hour are listed until all are asked for. */
const FEW = 12;

export function DayView({ day, runs, zone }: { day: Day; runs: Run[]; zone: string }) {
  const hours = hoursOf(runs, day, zone);
  if (!hours.some((hour) => hour.length))
    return <Empty title="No run on this day">Nothing was, or is, scheduled.</Empty>;
  return (
    <ol aria-label="Day">
      {hours.map((hour, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the hours do not change places
        <li key={number} className="flex border-b border-line last:border-0">
          <span className="w-16 shrink-0 px-2 py-1.5 text-right text-xs text-muted tabular-nums">
            {String(number).padStart(2, "0")}:00
          </span>
          <div className="min-h-8 min-w-0 grow border-l border-line">
            <Hour runs={hour} zone={zone} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Hour({ runs, zone }: { runs: Run[]; zone: string }) {
  const [all, setAll] = useState(false);
  const shown = all ? runs : runs.slice(0, FEW);
  return (
    <>
      <ul>
        {shown.map((run) => (
          <li key={run.id} className="flex flex-wrap items-center gap-x-4 px-3 py-1">
            <span className="tabular-nums">{formatTime(run.scheduled_start_time, zone)}</span>
            <StateBadge state={run.state} className="w-28" />
            <RunLink run={run} />
            <FlowLink flow={run.flow} />
            {run.end_time && <Duration from={run.start_time} to={run.end_time} />}
          </li>
        ))}
      </ul>
      {shown.length < runs.length && (
        <Button kind="ghost" onClick={() => setAll(true)}>
          {(runs.length - shown.length).toLocaleString()} more in this hour
        </Button>
      )}
    </>
  );
}
