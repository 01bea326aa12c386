import { act, useAction } from "@/api/act";
import { useLive } from "@/api/live";
import { StateBadge } from "@/components/badge";
import { ConfirmButton } from "@/components/dialog";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { Table } from "@/components/table";
import { Duration } from "@/components/times";
import {
  CancelRunDocument,
  DashboardInProgressDocument,
  type DashboardInProgressSubscription,
} from "./dashboard.gen";
import type { TileProps } from "./tile";

type Run = DashboardInProgressSubscription["flow_run"][number];

/** What runs now, and a way to end it. */
export function InProgress({ className, flow }: TileProps) {
  const { data, error, loading } = useLive(DashboardInProgressDocument, { flow });
  return (
    <Panel title="In progress" className={className ?? ""} flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Runs in progress"
          rows={data?.flow_run ?? []}
          rowKey={(run) => run.id}
          height={320}
          empty={<Empty title="Nothing runs at the moment" />}
          columns={[
            { key: "state", header: "State", cell: (run) => <StateBadge state={run.state} /> },
            { key: "run", header: "Run", cell: (run) => <RunLink run={run} /> },
            { key: "flow", header: "Flow", cell: (run) => <FlowLink flow={run.flow} /> },
            {
              key: "for",
              header: "For",
              align: "right",
              cell: (run) => <Duration from={run.start_time ?? run.state_timestamp} to={null} />,
            },
            {
              key: "cancel",
              header: <span className="sr-only">Actions</span>,
              align: "right",
              cell: (run) => <Cancel run={run} />,
            },
          ]}
        />
      )}
    </Panel>
  );
}

const cancel = (run: Run) => act(CancelRunDocument, { id: run.id });

function Cancel({ run }: { run: Run }) {
  const [send, busy] = useAction(cancel, "The run is being cancelled.");
  return (
    <ConfirmButton
      kind="ghost"
      question={`Cancel ${run.name ?? "this run"}?`}
      detail="Its tasks are stopped as soon as the flow's process hears of it; what they have done stays done."
      confirm="Cancel the run"
      busy={busy}
      disabled={run.state === "Cancelling"}
      onConfirm={() => send(run)}
    >
      Cancel
    </ConfirmButton>
  );
}
