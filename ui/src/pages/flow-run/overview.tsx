import { Link } from "@tanstack/react-router";
import { Labels } from "@/components/badge";
import { CopyButton, Json } from "@/components/json";
import { Facts, Panel } from "@/components/panel";
import { Timeline } from "@/components/timeline/timeline";
import { DateTime } from "@/components/times";
import { WAITING } from "@/lib/states";
import type { Run } from "./run";
import { Why } from "./why";

/** The run at a glance: when its tasks ran, what it was given, and why it waits if it does. */
export function Overview({ run, active }: { run: Run; active: boolean }) {
  const waiting = WAITING.includes(run.state ?? "Pending") || run.state === "Submitted";
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-3">
      <div className="flex min-w-0 flex-col gap-4 xl:col-span-2">
        {waiting && <Why runId={run.id} />}
        <Timeline runId={run.id} active={active} />
        <Panel title="Parameters">
          <Json value={run.parameters} label="the parameters" />
        </Panel>
        <Panel title="Context">
          <Json value={run.context} label="the context" />
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title="Details">
          <Facts
            facts={[
              [
                "Flow",
                <Link
                  key="f"
                  to={`/flow/${run.flow.id}` as "/"}
                  className="hover:underline"
                >{`${run.flow.name}, version ${run.flow.version}`}</Link>,
              ],
              ["Project", run.flow.project.name],
              ["Scheduled", <DateTime key="s" at={run.scheduled_start_time} />],
              ["By", run.auto_scheduled ? "the flow's schedule" : "a person or a program"],
              ["Started", <DateTime key="b" at={run.start_time} />],
              ["Ended", <DateTime key="e" at={run.end_time} />],
              ["Agent", <Agent key="a" run={run} />],
              ["Labels", <Labels key="l" labels={run.labels} />],
              ["Prefect", run.flow.core_version ?? "unknown"],
              ...(run.times_resurrected
                ? ([["Revived", `${run.times_resurrected} times by Lazarus`]] as [string, string][])
                : []),
              ...(run.idempotency_key
                ? ([
                    [
                      "Key",
                      <code key="k" className="break-all">
                        {run.idempotency_key}
                      </code>,
                    ],
                  ] as [string, React.ReactNode][])
                : []),
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
        <Panel title="Run config">
          {run.run_config ? (
            <Json value={run.run_config} label="the run config" />
          ) : (
            <>
              <p className="mb-2 text-muted">That of the flow:</p>
              <Json value={run.flow.run_config} label="the flow's run config" />
            </>
          )}
        </Panel>
      </div>
    </div>
  );
}

function Agent({ run }: { run: Run }) {
  if (!run.agent) return <span className="text-muted">{run.agent_id ? "gone" : "none yet"}</span>;
  return (
    <Link to={`/agent/${run.agent.id}` as "/"} className="hover:underline">
      {run.agent.name ?? run.agent.type ?? "agent"}
    </Link>
  );
}
