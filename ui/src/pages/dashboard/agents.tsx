import { useLive } from "@/api/live";
import { Labels, Tag } from "@/components/badge";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { RelativeTime } from "@/components/times";
import { healthOf } from "@/lib/agents";
import { useNow } from "@/lib/time";
import { DashboardAgentsDocument } from "./dashboard.gen";

const NONE = {};
const TONES = { healthy: "accent", stale: "warning", gone: "danger" } as const;

/** Who asks for work, and who has stopped asking. */
export function Agents({ className }: { className?: string }) {
  const { data, error, loading } = useLive(DashboardAgentsDocument, NONE);
  const now = useNow();
  const agents = data?.agent ?? [];
  const counts = { healthy: 0, stale: 0, gone: 0 };
  for (const agent of agents) counts[healthOf(agent.last_queried, now)]++;
  return (
    <Panel
      title="Agents"
      className={className ?? ""}
      actions={
        <span className="flex gap-1">
          {(["healthy", "stale", "gone"] as const).map((health) => (
            <Tag key={health} tone={counts[health] ? TONES[health] : "plain"}>
              {counts[health]} {health}
            </Tag>
          ))}
        </span>
      }
    >
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : agents.length ? (
        <ul className="flex max-h-72 flex-col gap-2 overflow-y-auto">
          {agents.map((agent) => (
            <li key={agent.id} className="flex flex-wrap items-center justify-between gap-2">
              <span>
                {agent.name ?? agent.type ?? "agent"} <Labels labels={agent.labels} />
              </span>
              <span className="text-muted">
                <RelativeTime at={agent.last_queried} />
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty title="No agent has asked for work" command="prefect agent local start">
          Runs wait until one does.
        </Empty>
      )}
    </Panel>
  );
}
