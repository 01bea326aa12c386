import { useEffect, useState } from "react";
import { useAsk } from "@/api/live";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { formatDateTime, useZone } from "@/lib/time";
import { PreviewScheduleDocument } from "../flow.gen";
import type { Schedule } from "./clocks";

const COUNT = 10;
const PAUSE = 400;

/** The next times of a schedule that need not be stored, in the reader's zone and in the schedule's own. */
export function Preview({ schedule, zones }: { schedule: Schedule; zones: string[] }) {
  const settled = useSettled(schedule);
  const { data, error, loading } = useAsk(PreviewScheduleDocument, { schedule: settled, count: COUNT });
  const mine = useZone();
  const found = data?.preview_schedule;
  const others = [...new Set(zones)].filter((zone) => zone !== mine);
  return (
    <Panel title="The next times" flush>
      <Failure
        error={
          error ?? (found?.error ? `${found.error.field ?? "schedule"}: ${found.error.message}` : undefined)
        }
      />
      {loading ? (
        <Skeleton lines={8} />
      ) : found?.times.length ? (
        <ol className="divide-y divide-line" aria-label="The next times">
          {found.times.map((time, index) => (
            <li key={`${time.start} ${String(index)}`} className="flex flex-col px-4 py-1.5">
              <span className="font-medium">{formatDateTime(time.start, mine)}</span>
              {others.map((zone) => (
                <span key={zone} className="text-xs text-muted">
                  {formatDateTime(time.start, zone)} in {zone}
                </span>
              ))}
              {(time.parameter_defaults != null || Boolean(time.labels?.length)) && (
                <span className="truncate font-mono text-xs text-muted">
                  {[
                    time.parameter_defaults && JSON.stringify(time.parameter_defaults),
                    time.labels?.join(", "),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
              )}
            </li>
          ))}
        </ol>
      ) : (
        !error && !found?.error && <Empty title="It has no time to come" />
      )}
    </Panel>
  );
}

/** The schedule once typing has paused. */
function useSettled(schedule: Schedule): Schedule {
  const [settled, setSettled] = useState(schedule);
  const text = JSON.stringify(schedule);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text says whether it is another
  useEffect(() => {
    const timer = setTimeout(() => setSettled(schedule), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
