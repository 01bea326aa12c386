import { useNavigate, useParams } from "@tanstack/react-router";
import { act, useAction } from "@/api/act";
import { useLive } from "@/api/live";
import { Labels, Tag } from "@/components/badge";
import { ConfirmButton } from "@/components/dialog";
import { Empty, Facts, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Tabs } from "@/components/tabs";
import { DateTime, RelativeTime } from "@/components/times";
import { healthOf } from "@/lib/agents";
import { useNow } from "@/lib/time";
import { DeleteAgentDocument } from "@/pages/agents/agents.gen";
import { HEALTH_TONES } from "@/pages/agents/page";
import { WorkCount } from "@/pages/agents/work-count";
import { AgentDocument } from "./agent.gen";
import { Runs, Waiting } from "./runs";

const remove = (id: string) => act(DeleteAgentDocument, { id });

/** One agent: what it is, what it has run, what it could run. */
export default function Agent() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { data, error, loading } = useLive(AgentDocument, { id });
  const navigate = useNavigate();
  const now = useNow();
  const [run] = useAction(remove, "The agent is deleted.");
  if (loading) return <Skeleton />;
  const agent = data?.agent_by_pk;
  if (error && !agent) return <Failure error={error} />;
  if (!agent) return <Empty title="There is no such agent">It was deleted, or is of another team.</Empty>;
  const health = healthOf(agent.last_queried, now);
  const labels = (agent.labels ?? []) as string[];
  return (
    <>
      <PageHeader
        title={agent.name || agent.type || "Agent"}
        detail={
          <>
            <Tag tone={HEALTH_TONES[health]}>{health}</Tag>
            <Labels labels={labels} />
          </>
        }
        actions={
          <ConfirmButton
            question="Delete this agent?"
            detail="Its runs stay. If it still asks for work it registers anew when it is started."
            confirm="Delete"
            onConfirm={async () => {
              if (await run(agent.id)) void navigate({ to: "/agents" as "/" });
            }}
          >
            Delete
          </ConfirmButton>
        }
      />
      <Failure error={error} />
      <Panel title="Details" className="mb-4">
        <Facts
          facts={[
            ["Type", agent.type ?? "none"],
            ["Asked for work", <RelativeTime key="asked" at={agent.last_queried} />],
            ["Registered", <DateTime key="created" at={agent.created} />],
            ["Version", agent.core_version ?? "not told"],
            ["Config", agent.agent_config?.name ?? agent.agent_config?.id ?? "none"],
            ["Waiting for it", <WorkCount key="work" labels={labels} />],
            ["Id", <code key="id">{agent.id}</code>],
          ]}
        />
      </Panel>
      <Tabs
        label="Runs of the agent"
        tabs={[
          { key: "runs", title: "Has run", content: () => <Runs id={agent.id} /> },
          { key: "waiting", title: "Could run", content: () => <Waiting labels={labels} /> },
        ]}
      />
    </>
  );
}
