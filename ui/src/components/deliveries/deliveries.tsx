import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { usePolled } from "@/api/polled";
import { Tag } from "@/components/badge";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Select } from "@/components/fields";
import { Json } from "@/components/json";
import { Empty, Facts, Failure, Panel, Skeleton } from "@/components/panel";
import { RunLink } from "@/components/run-link";
import { Pager, Table } from "@/components/table";
import { DateTime, RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { DeliveriesDocument, type DeliveriesQuery, RetryDeliveryDocument } from "./deliveries.gen";

const DEFAULTS = { status: "", target: "", page: 0 };
const SIZE = 25;
const TONES = { Delivered: "accent", Pending: "warning", Dead: "danger" } as const;
type Delivery = DeliveriesQuery["hook_delivery"][number];

const retry = (delivery: Delivery) => act(RetryDeliveryDocument, { id: delivery.id });

/** What was told, is still to be told, and could not be told, the newest first. */
export function Deliveries({ kind, noun }: { kind: "cloud_hook" | "automation"; noun: string }) {
  const [{ status, target, page }, change] = useFilters(DEFAULTS);
  const [shown, setShown] = useState<Delivery>();
  const variables = useMemo(
    () => ({
      where: {
        kind: { _eq: kind },
        ...(status ? { status: { _eq: status } } : {}),
        ...(target ? { target_id: { _eq: target } } : {}),
      },
      limit: SIZE,
      offset: page * SIZE,
    }),
    [kind, status, target, page],
  );
  const { data, error, loading, refresh } = usePolled(DeliveriesDocument, variables, 5);
  const [run, busy] = useAction(retry, "It is tried again now.");
  const again = async (delivery: Delivery) => {
    await run(delivery);
    refresh();
  };
  const deliveries = data?.hook_delivery ?? [];
  return (
    <Panel
      title="Deliveries"
      flush
      actions={
        <>
          {target && (
            <Button kind="ghost" onClick={() => change({ target: "", page: 0 })}>
              Show those of all {noun}s
            </Button>
          )}
          <Select
            aria-label="Status"
            className="!w-auto"
            value={status}
            onChange={(event) => change({ status: event.target.value, page: 0 })}
          >
            <option value="">All</option>
            <option value="Pending">Pending</option>
            <option value="Delivered">Delivered</option>
            <option value="Dead">Dead</option>
          </Select>
        </>
      }
    >
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Deliveries"
          rows={deliveries}
          rowKey={(delivery) => delivery.id}
          empty={
            <Empty title={status || target ? "No delivery is like that" : "Nothing has been told yet"}>
              Each event that a {noun} waits for makes one. What was delivered is kept for some days, what is
              dead for longer.
            </Empty>
          }
          columns={[
            { key: "status", header: "Status", cell: (one) => <Status delivery={one} /> },
            { key: "run", header: "About", cell: (one) => <About delivery={one} /> },
            {
              key: "target",
              header: "To",
              wide: true,
              cell: (one) => one.cloud_hook?.name || one.cloud_hook?.type || one.hook?.event_type || noun,
            },
            { key: "created", header: "Made", wide: true, cell: (one) => <RelativeTime at={one.created} /> },
            { key: "attempts", header: "Attempts", align: "right", cell: (one) => one.attempts },
            {
              key: "error",
              header: "Last error",
              wide: true,
              cell: (one) => <span title={one.last_error ?? ""}>{one.last_error}</span>,
            },
            {
              key: "do",
              header: <span className="sr-only">What can be done</span>,
              align: "right",
              cell: (one) => (
                <>
                  {one.status === "Dead" && (
                    <Button kind="ghost" busy={busy} onClick={() => void again(one)}>
                      Send again
                    </Button>
                  )}
                  <Button kind="ghost" onClick={() => setShown(one)}>
                    Details
                  </Button>
                </>
              ),
            },
          ]}
        />
      )}
      <Pager page={page} size={SIZE} count={deliveries.length} onPage={(next) => change({ page: next })} />
      {shown && <Details delivery={shown} onClose={() => setShown(undefined)} />}
    </Panel>
  );
}

function Status({ delivery }: { delivery: Delivery }) {
  return <Tag tone={TONES[delivery.status as keyof typeof TONES] ?? "plain"}>{delivery.status}</Tag>;
}

function About({ delivery }: { delivery: Delivery }) {
  const event = (delivery.event ?? {}) as { state?: unknown; event_name?: unknown };
  const state =
    typeof event.state === "string" ? event.state : (event.state as { state?: string } | undefined)?.state;
  return (
    <span className="inline-flex items-center gap-2">
      {delivery.flow_run ? <RunLink run={delivery.flow_run} /> : <span className="text-muted">no run</span>}
      {state}
    </span>
  );
}

function Details({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  return (
    <Dialog open wide onClose={onClose} title="Delivery">
      <div className="flex flex-col gap-4">
        <Facts
          facts={[
            ["Status", <Status key="status" delivery={delivery} />],
            ["Made", <DateTime key="made" at={delivery.created} />],
            ["Attempts", delivery.attempts],
            ["Last attempt", <DateTime key="last" at={delivery.last_attempt} />],
            ...(delivery.status === "Pending"
              ? ([["Next attempt", <DateTime key="next" at={delivery.next_attempt} />]] as [
                  string,
                  React.ReactNode,
                ][])
              : []),
            ["Last HTTP status", delivery.last_status ?? "none"],
            ["Last error", delivery.last_error ?? "none"],
          ]}
        />
        <h3 className="font-semibold">The event</h3>
        <Json value={delivery.event} label="the event" />
      </div>
    </Dialog>
  );
}
