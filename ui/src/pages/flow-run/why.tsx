import { CircleHelp } from "lucide-react";
import { usePolled } from "@/api/polled";
import { Failure, Panel } from "@/components/panel";
import { RelativeTime } from "@/components/times";
import { WhyNotRunningDocument } from "./flow-run.gen";

/** What stands between a run and its start, and what to do about it; asked anew each five seconds. */
export function Why({ runId }: { runId: string }) {
  const { data, error } = usePolled(WhyNotRunningDocument, { id: runId }, 5);
  const why = data?.why_not_running;
  if (!why && !error) return null;
  return (
    <Panel
      title={
        <span className="inline-flex items-center gap-2">
          <CircleHelp className="size-4 text-accent" aria-hidden />
          Why is it not running?
        </span>
      }
    >
      <Failure error={error} />
      {why &&
        (why.reasons.length ? (
          <ul className="flex flex-col gap-3">
            {why.reasons.map((reason) => (
              <li key={`${reason.code} ${reason.message}`} data-code={reason.code}>
                <p className="break-words">
                  {reason.message}
                  {reason.until && (
                    <span className="text-muted">
                      {" "}
                      (<RelativeTime at={reason.until} />)
                    </span>
                  )}
                </p>
                {reason.remedy && <p className="break-words text-muted">{reason.remedy}</p>}
              </li>
            ))}
          </ul>
        ) : (
          <p>{why.summary}</p>
        ))}
    </Panel>
  );
}
