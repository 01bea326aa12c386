import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { act, useAction } from "@/api/act";
import { client } from "@/api/client";
import { messageOf } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Labels, Tag } from "@/components/badge";
import { ConfirmButton } from "@/components/dialog";
import { SearchField, Select } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Pager, Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { GONE, healthOf, STALE } from "@/lib/agents";
import { useFilters } from "@/lib/filters";
import { containing } from "@/lib/like";
import { useNow } from "@/lib/time";
import { AgentsDocument, type AgentsQuery, DeleteAgentDocument, GoneAgentsDocument } from "./agents.gen";
import { WorkCount } from "./work-count";

const DEFAULTS = { name: "", health: "", label: "", page: 0 };
const SIZE = 25;
const MINUTE = 60_000;
export const HEALTH_TONES = { healthy: "accent", stale: "warning", gone: "danger" } as const;
type Agent = AgentsQuery["agent"][number];

/** Agents of one health, by when they last asked. */
function healthWhere(health: string, now: number) {
  const before = (age: number) => new Date(now - age).toISOString();
  if (health === "healthy") return { last_queried: { _gt: before(STALE) } };
  if (health === "stale") return { last_queried: { _lte: before(STALE), _gt: before(GONE) } };
  if (health === "gone")
    return { _or: [{ last_queried: { _lte: before(GONE) } }, { last_queried: { _is_null: true } }] };
  return {};
}

const remove = (agent: Agent) => act(DeleteAgentDocument, { id: agent.id });

async function cleanUp(): Promise<void> {
  const found = await client
    .query(GoneAgentsDocument, { where: healthWhere("gone", Date.now()) })
    .toPromise();
  if (found.error) throw new Error(messageOf(found.error));
  for (const agent of found.data?.agent ?? []) await act(DeleteAgentDocument, { id: agent.id });
}

/** Who takes runs, whether they still ask, and what waits for them. */
export default function Agents() {
  const [{ name, health, label, page }, change] = useFilters(DEFAULTS);
  const now = useNow();
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const variables = useMemo(
    () => ({
      where: {
        ...healthWhere(health, minute),
        ...(name ? { name: { _ilike: containing(name) } } : {}),
        ...(label ? { labels: { _has_key: label } } : {}),
      },
      limit: SIZE,
      offset: page * SIZE,
    }),
    [name, health, label, page, minute],
  );
  const { data, error, loading, refresh } = usePolled(AgentsDocument, variables, 5);
  const [runRemove] = useAction(remove, "The agent is deleted.");
  const [runCleanUp, cleaning] = useAction(cleanUp, "Agents that are gone are deleted.");
  const agents = data?.agent ?? [];
  return (
    <>
      <PageHeader
        title="Agents"
        actions={
          <>
            <SearchField
              label="Search names"
              value={name}
              onChange={(next) => change({ name: next, page: 0 })}
            />
            <SearchField
              label="With the label"
              value={label}
              onChange={(next) => change({ label: next, page: 0 })}
            />
            <Select
              aria-label="Health"
              className="!w-auto"
              value={health}
              onChange={(event) => change({ health: event.target.value, page: 0 })}
            >
              <option value="">Any health</option>
              <option value="healthy">Healthy</option>
              <option value="stale">Stale</option>
              <option value="gone">Gone</option>
            </Select>
            <ConfirmButton
              busy={cleaning}
              question="Delete all agents that are gone?"
              detail="These have not asked for work for 12 hours. One that comes back registers anew."
              confirm="Delete them"
              onConfirm={async () => {
                await runCleanUp();
                refresh();
              }}
            >
              Clean up
            </ConfirmButton>
          </>
        }
      />
      <Panel flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton />
        ) : (
          <Table
            label="Agents"
            rows={agents}
            rowKey={(agent) => agent.id}
            empty={
              name || health || label ? (
                <Empty title="No agent is like that" />
              ) : (
                <Empty title="No agent has asked for work" command="prefect agent local start">
                  Runs wait until one does.
                </Empty>
              )
            }
            columns={[
              {
                key: "name",
                header: "Name",
                cell: (agent) => (
                  <Link to={`/agent/${agent.id}` as "/"} className="font-medium hover:underline">
                    {agent.name || agent.type || agent.id.slice(0, 8)}
                  </Link>
                ),
              },
              { key: "type", header: "Type", wide: true, cell: (agent) => agent.type },
              { key: "labels", header: "Labels", cell: (agent) => <Labels labels={agent.labels} /> },
              {
                key: "health",
                header: "Health",
                cell: (agent) => {
                  const found = healthOf(agent.last_queried, now);
                  return <Tag tone={HEALTH_TONES[found]}>{found}</Tag>;
                },
              },
              { key: "asked", header: "Asked", cell: (agent) => <RelativeTime at={agent.last_queried} /> },
              { key: "work", header: "Waiting for it", cell: (agent) => <WorkCount labels={agent.labels} /> },
              {
                key: "do",
                header: <span className="sr-only">What can be done</span>,
                align: "right",
                cell: (agent) => (
                  <ConfirmButton
                    kind="ghost"
                    question={`Delete ${agent.name || "this agent"}?`}
                    detail="Its runs stay. If it still asks for work it registers anew when it is started."
                    confirm="Delete"
                    onConfirm={async () => {
                      await runRemove(agent);
                      refresh();
                    }}
                  >
                    Delete
                  </ConfirmButton>
                ),
              },
            ]}
          />
        )}
        <Pager page={page} size={SIZE} count={agents.length} onPage={(next) => change({ page: next })} />
      </Panel>
    </>
  );
}
