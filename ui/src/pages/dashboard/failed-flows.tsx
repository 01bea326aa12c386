import { usePolled } from "@/api/polled";
import { StateBadge } from "@/components/badge";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { FlowLink, RunLink } from "@/components/run-link";
import { Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useSince } from "@/lib/window";
import { DashboardFailedDocument } from "./dashboard.gen";
import type { TileProps } from "./tile";

/** Flows with a failed run in the window, each with its newest failure. */
export function FailedFlows({ className, flow, window }: TileProps & { window: string }) {
  const since = useSince(window);
  const { data, error, loading } = usePolled(DashboardFailedDocument, { flow, since }, 15);
  return (
    <Panel title={`Failed in the last ${window}`} className={className ?? ""} flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Failed flows"
          rows={data?.flow_run ?? []}
          rowKey={(run) => run.id}
          height={320}
          empty={<Empty title="No flow has failed" />}
          columns={[
            { key: "flow", header: "Flow", cell: (run) => <FlowLink flow={run.flow} /> },
            { key: "run", header: "Newest failure", cell: (run) => <RunLink run={run} /> },
            { key: "state", header: "State", cell: (run) => <StateBadge state={run.state} /> },
            { key: "when", header: "Ended", cell: (run) => <RelativeTime at={run.end_time} /> },
            {
              key: "why",
              header: "Why",
              wide: true,
              cell: (run) => <span title={run.state_message ?? ""}>{run.state_message}</span>,
            },
          ]}
        />
      )}
    </Panel>
  );
}
