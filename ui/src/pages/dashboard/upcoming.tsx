import { act, useAction } from "@/api/act";
import { useLive } from "@/api/live";
import { RunNowDocument } from "@/api/run-now.gen";
import { Tag } from "@/components/badge";
import { Button } from "@/components/button";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useNow } from "@/lib/time";
import { DashboardUpcomingDocument, type DashboardUpcomingSubscription } from "./dashboard.gen";
import { ClearLate, LATE_AFTER } from "./late";
import type { TileProps } from "./tile";

type Run = DashboardUpcomingSubscription["flow_run"][number];

/** What comes next, the late ones first, and a way to have it now. */
export function Upcoming({ className, flow }: TileProps) {
  const { data, error, loading } = useLive(DashboardUpcomingDocument, { flow });
  const now = useNow();
  const late = (run: Run) => Date.parse(run.scheduled_start_time) < now - LATE_AFTER;
  return (
    <Panel
      title="Upcoming and late"
      className={className ?? ""}
      flush
      actions={data?.flow_run.some(late) && <ClearLate flow={flow} />}
    >
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Upcoming runs"
          rows={data?.flow_run ?? []}
          rowKey={(run) => run.id}
          height={320}
          empty={
            <Empty title="Nothing is scheduled">
              Give a flow a schedule, or start a run from the flow's page.
            </Empty>
          }
          columns={[
            {
              key: "when",
              header: "When",
              cell: (run) => (
                <span className="inline-flex items-center gap-2">
                  <RelativeTime at={run.scheduled_start_time} />
                  {late(run) && <Tag tone="warning">late</Tag>}
                </span>
              ),
            },
            { key: "run", header: "Run", cell: (run) => <RunLink run={run} /> },
            { key: "flow", header: "Flow", cell: (run) => <FlowLink flow={run.flow} /> },
            {
              key: "now",
              header: <span className="sr-only">Actions</span>,
              align: "right",
              cell: (run) => (late(run) ? null : <RunNow run={run} />),
            },
          ]}
        />
      )}
    </Panel>
  );
}

const runNow = async (run: Run) => {
  const { set_flow_run_states: answer } = await act(RunNowDocument, {
    id: run.id,
    version: run.version,
    state: { type: "Scheduled", message: "Started now by a person." },
  });
  const state = answer?.states?.[0];
  if (state?.status !== "SUCCESS")
    throw new Error(state?.message || "The run has changed meanwhile; look at it again.");
};

function RunNow({ run }: { run: Run }) {
  const [send, busy] = useAction(runNow, "The run is due now; the next agent takes it.");
  return (
    <Button kind="ghost" busy={busy} onClick={() => void send(run)}>
      Run now
    </Button>
  );
}
