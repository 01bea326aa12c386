import { useMemo, useState } from "react";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Labels, StateBadge } from "@/components/badge";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { Pager, Table } from "@/components/table";
import { DateTime, Duration, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { servedBy } from "@/pages/agents/work";
import { AgentRunsDocument, AgentWaitingDocument, WhyNotDocument } from "./agent.gen";

const DEFAULTS = { page: 0 };
const SIZE = 25;

/** The runs it has taken, the newest first. */
export function Runs({ id }: { id: string }) {
  const [{ page }, change] = useFilters(DEFAULTS);
  const variables = useMemo(() => ({ id, offset: page * SIZE }), [id, page]);
  const { data, error, loading } = usePolled(AgentRunsDocument, variables, 5);
  const runs = data?.flow_run ?? [];
  return (
    <Panel flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Runs it has taken"
          rows={runs}
          rowKey={(run) => run.id}
          empty={<Empty title="It has taken no run yet" />}
          columns={[
            { key: "name", header: "Run", cell: (run) => <RunLink run={run} /> },
            { key: "flow", header: "Flow", cell: (run) => <FlowLink flow={run.flow} /> },
            { key: "state", header: "State", cell: (run) => <StateBadge state={run.state} /> },
            { key: "start", header: "Started", cell: (run) => <RelativeTime at={run.start_time} /> },
            {
              key: "took",
              header: "Took",
              wide: true,
              cell: (run) => <Duration from={run.start_time} to={run.end_time} />,
            },
          ]}
        />
      )}
      <Pager page={page} size={SIZE} count={runs.length} onPage={(next) => change({ page: next })} />
    </Panel>
  );
}

/** Runs that wait and whose labels it serves, the next first; and for each why nobody has it yet. */
export function Waiting({ labels }: { labels: readonly string[] }) {
  const key = labels.join("\n");
  const variables = useMemo(() => ({ where: servedBy(key ? key.split("\n") : []) }), [key]);
  const { data, error, loading } = usePolled(AgentWaitingDocument, variables, 15);
  const [asked, setAsked] = useState<string>();
  return (
    <Panel flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Runs it could take"
          rows={data?.flow_run ?? []}
          rowKey={(run) => run.id}
          empty={
            <Empty title="Nothing waits for it">
              It takes runs whose labels are all among its own; one without labels takes only runs without.
            </Empty>
          }
          columns={[
            { key: "name", header: "Run", cell: (run) => <RunLink run={run} /> },
            { key: "flow", header: "Flow", cell: (run) => <FlowLink flow={run.flow} /> },
            { key: "labels", header: "Labels", wide: true, cell: (run) => <Labels labels={run.labels} /> },
            { key: "state", header: "State", wide: true, cell: (run) => <StateBadge state={run.state} /> },
            { key: "due", header: "Due", cell: (run) => <RelativeTime at={run.state_start_time} /> },
            {
              key: "why",
              header: <span className="sr-only">Why it waits</span>,
              align: "right",
              cell: (run) => (
                <Button kind="ghost" onClick={() => setAsked(run.id)}>
                  Why not yet?
                </Button>
              ),
            },
          ]}
        />
      )}
      {asked && <Why run={asked} onClose={() => setAsked(undefined)} />}
    </Panel>
  );
}

function Why({ run, onClose }: { run: string; onClose: () => void }) {
  const { data, error, loading } = useAsk(WhyNotDocument, { run });
  const answer = data?.why_not_running;
  return (
    <Dialog open onClose={onClose} title="Why it is not running">
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <>
          <p className="font-medium">{answer?.summary}</p>
          <ul className="mt-3 flex flex-col gap-3">
            {answer?.reasons.map((reason) => (
              <li key={`${reason.code} ${reason.message}`}>
                <p>{reason.message}</p>
                {reason.remedy && <p className="text-muted">{reason.remedy}</p>}
                {reason.until && (
                  <p className="text-muted">
                    Until <DateTime at={reason.until} />
                  </p>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
