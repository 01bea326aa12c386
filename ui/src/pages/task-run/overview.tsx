import { Labels } from "@/components/badge";
import { CopyButton, Json } from "@/components/json";
import { Facts, Panel } from "@/components/panel";
import { DateTime, Duration } from "@/components/times";
import { millisecondsOf } from "@/lib/interval";
import { formatDuration } from "@/lib/time";
import { Dependencies } from "./dependencies";
import type { TaskRun, TaskRunState } from "./task-run";

/** A task run at a glance. */
export function Overview({ run, states }: { run: TaskRun; states: readonly TaskRunState[] | undefined }) {
  const retries = states?.filter((state) => state.state === "Retrying").length;
  const delay = millisecondsOf(run.task?.retry_delay);
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-3">
      <div className="flex min-w-0 flex-col gap-4 xl:col-span-2">
        <Dependencies run={run} />
        <Panel title="Result">
          <Json value={run.state_result} label="the result" />
        </Panel>
      </div>
      <Panel title="Details">
        <Facts
          facts={[
            ["Task", run.task?.name ?? "unnamed"],
            ["Type", run.task?.type ?? "unknown"],
            ...(run.map_index >= 0 ? ([["Mapped as", `number ${run.map_index}`]] as [string, string][]) : []),
            ["Trigger", run.task?.trigger?.split(".").at(-1) ?? "all_successful"],
            ["Tags", <Labels key="t" labels={run.task?.tags} />],
            ["Started", <DateTime key="s" at={run.start_time} />],
            ["Ended", <DateTime key="e" at={run.end_time} />],
            ["Took", <Duration key="d" from={run.start_time} to={run.end_time} />],
            [
              "Retries",
              run.task?.max_retries
                ? `${retries ?? 0} of ${run.task.max_retries}${delay === undefined ? "" : `, ${formatDuration(delay)} apart`}`
                : "none",
            ],
            ["Heartbeat", <DateTime key="h" at={run.heartbeat} />],
            ...(run.cache_key ? ([["Cache key", run.cache_key]] as [string, string][]) : []),
            [
              "Id",
              <span key="i" className="inline-flex items-center gap-1">
                <code className="text-xs break-all">{run.id}</code>
                <CopyButton text={run.id} label="Copy the id" />
              </span>,
            ],
          ]}
        />
      </Panel>
    </div>
  );
}
