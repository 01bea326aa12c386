import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { mustSucceed } from "@/api/succeed";
import { Button } from "@/components/button";
import { Empty, Panel } from "@/components/panel";
import { useZone, validZone } from "@/lib/time";
import { startOfDay, toLocalInput } from "@/lib/zoned";
import { SetGroupScheduleDocument } from "../flow.gen";
import { ClockForm } from "./clock-form";
import {
  type Clock,
  type EditableKind,
  KINDS,
  newClock,
  readClock,
  type Schedule,
  writeClock,
} from "./clocks";
import { Preview } from "./preview";

const save = async (id: string, schedule: Schedule) =>
  mustSucceed(
    (await act(SetGroupScheduleDocument, { id, schedule })).set_flow_group_schedule,
    "The flow is gone.",
  );

/** Changes the clocks of `start` and stores them as the group's schedule. */
export function Editor({
  groupId,
  start,
  onClose,
}: {
  groupId: string;
  start: Schedule;
  onClose: () => void;
}) {
  const mine = useZone();
  const [clocks, setClocks] = useState<Clock[]>(() => start.clocks.map(readClock));
  const written = useMemo(() => clocks.map(writeClock), [clocks]);
  const schedule = useMemo<Schedule>(
    () => ({ type: "Schedule", ...start, clocks: written.map(({ raw }) => raw) }),
    [start, written],
  );
  const broken =
    written.some(({ errors }) => Object.keys(errors).length) ||
    clocks.some((clock) => !validZone(clock.zone));
  const [send, busy] = useAction(save, "The schedule is saved: the runs of the old one are replaced.");
  const add = (kind: EditableKind) =>
    setClocks([...clocks, newClock(kind, mine, toLocalInput(startOfDay(Date.now(), mine), mine))]);
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Panel
        title="Clocks"
        actions={
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              kind="primary"
              busy={busy}
              disabled={broken || clocks.length === 0}
              onClick={async () => {
                if (await send(groupId, schedule)) onClose();
              }}
            >
              Save the schedule
            </Button>
          </>
        }
      >
        <div className="flex flex-col gap-4">
          {clocks.length === 0 && <Empty title="No clock yet">Add one below.</Empty>}
          {clocks.map((clock, index) => (
            <ClockForm
              key={clock.key}
              clock={clock}
              number={index + 1}
              onChange={(changed) => setClocks(clocks.with(index, changed))}
              onRemove={() => setClocks(clocks.filter((one) => one.key !== clock.key))}
            />
          ))}
          <div className="flex flex-wrap gap-2">
            {Object.entries(KINDS).map(([kind, title]) => (
              <Button
                key={kind}
                icon={<Plus className="size-4" aria-hidden />}
                onClick={() => add(kind as EditableKind)}
              >
                {title}
              </Button>
            ))}
          </div>
        </div>
        <datalist id="schedule-zones">
          {["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </Panel>
      {clocks.length > 0 && <Preview schedule={schedule} zones={zonesOf(clocks)} />}
    </div>
  );
}

export function zonesOf(clocks: Clock[]): string[] {
  return clocks.map((clock) => clock.zone).filter((zone) => validZone(zone));
}
