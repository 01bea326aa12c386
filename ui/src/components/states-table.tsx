import { useState } from "react";
import { StateBadge } from "./badge";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Json } from "./json";
import { Empty, Failure, Panel, Skeleton } from "./panel";
import { Table } from "./table";
import { DateTime, Duration } from "./times";

interface RunState {
  id: string;
  state: string;
  version: number | null;
  timestamp: string;
  start_time: string | null;
  message: string | null;
  serialized_state: unknown;
}

/** The states a run has been in, the newest first. */
export function StatesTable({
  states,
  error,
}: {
  states: readonly RunState[] | undefined;
  error: string | undefined;
}) {
  const [open, setOpen] = useState<RunState>();
  return (
    <Panel flush title="States">
      <Failure error={error} />
      {!states ? (
        <Skeleton />
      ) : (
        <Table
          label="States"
          rows={states.map((state, index) => ({ ...state, until: states[index - 1]?.timestamp }))}
          rowKey={(state) => state.id}
          height={560}
          empty={<Empty title="It has been in no state yet" />}
          columns={[
            {
              key: "version",
              header: "Version",
              align: "right",
              width: "5rem",
              cell: (state) => state.version,
            },
            { key: "state", header: "State", cell: (state) => <StateBadge state={state.state} /> },
            { key: "at", header: "Since", cell: (state) => <DateTime at={state.timestamp} /> },
            {
              key: "for",
              header: "For",
              align: "right",
              wide: true,
              cell: (state) => state.until && <Duration from={state.timestamp} to={state.until} />,
            },
            {
              key: "message",
              header: "Message",
              cell: (state) => <span title={state.message ?? ""}>{state.message}</span>,
            },
            {
              key: "more",
              header: <span className="sr-only">Details</span>,
              align: "right",
              cell: (state) => (
                <Button kind="ghost" onClick={() => setOpen(state)}>
                  Details
                </Button>
              ),
            },
          ]}
        />
      )}
      <Dialog
        open={!!open}
        onClose={() => setOpen(undefined)}
        title={open?.state ?? ""}
        description={open?.message}
        wide
      >
        <Json value={open?.serialized_state} label="the state" />
      </Dialog>
    </Panel>
  );
}
