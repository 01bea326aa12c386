import { Link } from "@tanstack/react-router";
import { useLive } from "@/api/live";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { colourOf } from "@/lib/states";
import { formatDateTime, formatDuration, useNow, useZone } from "@/lib/time";
import { DashboardHistoryDocument, type DashboardHistorySubscription } from "./dashboard.gen";
import type { TileProps } from "./tile";

type Run = DashboardHistorySubscription["flow_run"][number];
const HEIGHT = 140;

/** The newest runs, oldest first: how long each took and how it ended. */
export function History({ className, flow }: TileProps) {
  const { data, error, loading } = useLive(DashboardHistoryDocument, { flow });
  return (
    <Panel title="Run history" className={className ?? ""}>
      <Failure error={error} />
      {loading ? (
        <Skeleton lines={5} />
      ) : data?.flow_run.length ? (
        <Bars runs={[...data.flow_run].reverse()} />
      ) : (
        <Empty title="No run has started yet" command={"prefect backend server\nprefect agent local start"}>
          Register a flow, start an agent, and its runs appear here while they run.
        </Empty>
      )}
    </Panel>
  );
}

function Bars({ runs }: { runs: Run[] }) {
  const now = useNow();
  const zone = useZone();
  const lengths = runs.map(
    (run) => (run.end_time ? Date.parse(run.end_time) : now) - Date.parse(run.start_time ?? ""),
  );
  const longest = Math.max(1000, ...lengths);
  return (
    <>
      <div className="flex items-end gap-px" style={{ height: HEIGHT }}>
        {runs.map((run, index) => {
          const length = Math.max(0, lengths[index] ?? 0);
          // The root keeps short runs visible beside long ones.
          const height = Math.max(6, Math.sqrt(length / longest) * HEIGHT);
          const text = `${run.flow.name}, ${run.name ?? run.id}: ${run.state}, ${formatDuration(length)}, ${formatDateTime(run.start_time ?? "", zone)}`;
          return (
            <Link
              key={run.id}
              to={`/flow-run/${run.id}` as "/"}
              title={text}
              aria-label={text}
              className="max-w-6 min-w-1 grow rounded-t-sm transition-opacity hover:opacity-70"
              style={{ height, background: colourOf(run.state) }}
            />
          );
        })}
      </div>
      <p className="mt-2 flex justify-between text-xs text-muted">
        <span>{formatDateTime(runs[0]?.start_time ?? now, zone)}</span>
        <span>longest {formatDuration(longest)}</span>
      </p>
    </>
  );
}
