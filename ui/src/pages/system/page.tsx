import type { ReactNode } from "react";
import { everywhere } from "@/api/client";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { useWholeServer } from "@/app/session";
import { Tag } from "@/components/badge";
import { Empty, Facts, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { millisecondsOf } from "@/lib/interval";
import { formatDuration } from "@/lib/time";
import { Readiness } from "./readiness";
import { Retention } from "./retention";
import {
  SystemApiDocument,
  SystemDutiesDocument,
  type SystemDutiesQuery,
  SystemLeaderDocument,
} from "./system.gen";

const NONE = {};
// The services are those of the whole server, which no single team is shown: hence `everywhere`.
type Duty = SystemDutiesQuery["ops_duty"][number];

/** Whether Lictor itself is well: what its services do, how late they are, who leads, which version answers. */
export default function System() {
  const wholeServer = useWholeServer();
  return (
    <>
      <PageHeader title="System" />
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
        {wholeServer ? (
          <Services className="lg:col-span-2" />
        ) : (
          <Panel title="Services" className="lg:col-span-2">
            <Empty title="The services are those of the whole server" command="lictor doctor">
              A key opens what belongs to its teams. Whoever runs the server sees there how the services are:
            </Empty>
          </Panel>
        )}
        <div className="flex flex-col gap-4">
          <Server leader={wholeServer ? <Leader /> : null} />
          <Readiness />
          <Retention />
        </div>
      </div>
    </>
  );
}

function Services({ className }: { className: string }) {
  const { data, error, loading } = usePolled(SystemDutiesDocument, NONE, 2, everywhere);
  return (
    <Panel title="Services" className={className} flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton lines={8} />
      ) : (
        <Table
          label="Services"
          rows={data?.ops_duty ?? []}
          rowKey={(duty) => duty.name ?? ""}
          empty={
            <Empty title="No service has run yet" command="lictor doctor">
              The clock has not declared what is to be done: it may not be running.
            </Empty>
          }
          columns={[
            { key: "name", header: "Service", cell: (duty) => (duty.name ?? "").replaceAll("_", " ") },
            { key: "health", header: "Health", cell: (duty) => <Health duty={duty} /> },
            {
              key: "every",
              header: "Every",
              align: "right",
              cell: (duty) => formatDuration(millisecondsOf(duty.interval)),
            },
            {
              key: "took",
              header: "Last took",
              align: "right",
              wide: true,
              cell: (duty) => formatDuration(millisecondsOf(duty.last_duration)),
            },
            {
              key: "success",
              header: "Last success",
              cell: (duty) => <RelativeTime at={duty.last_success} />,
            },
            {
              key: "error",
              header: "Last error",
              wide: true,
              cell: (duty) => <span title={duty.last_error ?? ""}>{duty.last_error}</span>,
            },
          ]}
        />
      )}
    </Panel>
  );
}

function Health({ duty }: { duty: Duty }) {
  if (duty.last_error) return <Tag tone="danger">failing</Tag>;
  const lag = millisecondsOf(duty.lag) ?? 0;
  const interval = millisecondsOf(duty.interval) ?? 0;
  if (lag > Math.max(interval, 10_000)) return <Tag tone="warning">{formatDuration(lag)} behind</Tag>;
  return <Tag tone="accent">{duty.running_since ? "at work" : "well"}</Tag>;
}

function Server({ leader }: { leader: ReactNode }) {
  const { data, error, loading } = useAsk(SystemApiDocument, NONE);
  return (
    <Panel title="Server">
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Facts
          facts={[
            ["Version", data?.api?.version],
            ["Backend", data?.api?.backend],
            ["Mode", data?.api?.mode],
          ]}
        />
      )}
      {leader}
    </Panel>
  );
}

function Leader() {
  const { data, error } = usePolled(SystemLeaderDocument, NONE, 5, everywhere);
  return (
    <div className="mt-2">
      <Failure error={error} />
      <Facts
        facts={(data?.ops_leader ?? []).map((one): [string, ReactNode] => [
          `Leader of the ${one.name}`,
          one.held ? (
            <span key={one.name}>
              term {one.term}, since <RelativeTime at={one.elected_at} />
            </span>
          ) : (
            <Tag key={one.name} tone="warning">
              nobody at the moment
            </Tag>
          ),
        ])}
      />
    </div>
  );
}
