import { usePolled } from "@/api/polled";
import { Failure, Panel, Skeleton } from "@/components/panel";
import { colourOf } from "@/lib/states";
import { useSince } from "@/lib/window";
import { DashboardCountsDocument, type DashboardCountsQuery } from "./dashboard.gen";
import { LATE_AFTER } from "./late";
import type { TileProps } from "./tile";

const SHOWN = [
  "Success",
  "Failed",
  "TimedOut",
  "Cancelled",
  "Running",
  "Submitted",
  "Cancelling",
  "Paused",
  "other",
] as const;

/** How the runs of the window ended or stand, counted by Postgres in one statement. */
export function Counts({ className, flow, window }: TileProps & { window: string }) {
  const since = useSince(window);
  // Late is 20 s past its time, measured from the minute that everybody shares.
  const late = new Date(Date.parse(useSince("hour")) + 3_600_000 - LATE_AFTER).toISOString();
  const { data, error, loading } = usePolled(DashboardCountsDocument, { flow, since, late }, 5);
  return (
    <Panel title={`Runs of the last ${window}`} className={className ?? ""}>
      <Failure error={error} />
      {loading ? <Skeleton lines={5} /> : data && <Bars data={data} />}
    </Panel>
  );
}

function Bars({ data }: { data: DashboardCountsQuery }) {
  const counts = SHOWN.map((state) => ({ state, count: data[state].aggregate?.count ?? 0 }));
  const total = counts.reduce((sum, one) => sum + one.count, 0);
  const finished =
    (data.Success.aggregate?.count ?? 0) +
    (data.Failed.aggregate?.count ?? 0) +
    (data.TimedOut.aggregate?.count ?? 0);
  const late = data.late.aggregate?.count ?? 0;
  return (
    <>
      <p className="flex items-baseline gap-3">
        <span className="text-3xl font-semibold tabular-nums" data-testid="total">
          {total.toLocaleString()}
        </span>
        <span className="text-muted">
          {finished
            ? `${Math.floor(((data.Success.aggregate?.count ?? 0) / finished) * 1000) / 10} % of the finished runs succeeded`
            : "none has finished"}
        </span>
      </p>
      <div className="my-3 flex h-3 overflow-hidden rounded-full bg-sunken" aria-hidden>
        {counts.map(({ state, count }) =>
          count ? (
            <div key={state} style={{ flexGrow: count, background: colourOf(state), minWidth: 3 }} />
          ) : null,
        )}
      </div>
      <ul className="grid grid-cols-2 gap-x-4 gap-y-1">
        {counts
          .filter(({ state, count }) => count || state === "Success" || state === "Failed")
          .map(({ state, count }) => (
            <li key={state} className="flex items-center justify-between gap-2">
              <span className="inline-flex items-center gap-1.5">
                <span className="size-2.5 rounded-full" style={{ background: colourOf(state) }} aria-hidden />
                {state === "other" ? "Other" : state}
              </span>
              <span className="tabular-nums">{count.toLocaleString()}</span>
            </li>
          ))}
      </ul>
      {late > 0 && (
        <p className="mt-3 text-warning">
          {late.toLocaleString()} scheduled and late: no agent has taken them.
        </p>
      )}
    </>
  );
}
