import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { mustSucceed } from "@/api/succeed";
import { Labels, Tag } from "@/components/badge";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { Json } from "@/components/json";
import { Empty, Facts, Failure, Panel, Skeleton } from "@/components/panel";
import { hasClocks } from "@/pages/flows/schedule-switch";
import type { Looked } from "../data";
import { DeleteGroupScheduleDocument } from "../flow.gen";
import { useDetails } from "../use-details";
import { type Clock, isEditable, KINDS, readClock, type Schedule as Stored, summaryOf } from "./clocks";
import { Editor, zonesOf } from "./editor";
import { Preview } from "./preview";

const EMPTY: Stored = { type: "Schedule", clocks: [] };

const remove = async (id: string) =>
  mustSucceed(
    (await act(DeleteGroupScheduleDocument, { id })).delete_flow_group_schedule,
    "The flow is gone.",
  );

/** When the flow runs: the group's schedule if it has one, else the one that was registered. */
export function Schedule({ looked: { group, version } }: { looked: Looked }) {
  const { data, error, loading } = useDetails(version.id);
  const [editing, setEditing] = useState<Stored>();
  const [send, busy] = useAction(remove, "The flow's own schedule counts again.");
  if (loading) return <Skeleton lines={8} />;
  if (error) return <Failure error={error} />;
  if (editing) return <Editor groupId={group.id} start={editing} onClose={() => setEditing(undefined)} />;
  const own = hasClocks(data?.schedule) ? (data?.schedule as Stored) : undefined;
  const set = hasClocks(group.schedule) ? (group.schedule as Stored) : undefined;
  const shown = set ?? own;
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Panel
        title={
          <span className="inline-flex items-center gap-2">
            {set ? "Set here" : own ? `Registered with version ${version.version}` : "Schedule"}
            {shown && !version.is_schedule_active && <Tag tone="warning">switched off</Tag>}
          </span>
        }
        actions={
          <>
            {group.schedule != null && (
              <ConfirmButton
                question="Take this schedule away?"
                detail={
                  own
                    ? "The schedule that was registered with the flow counts again. The coming runs are made anew."
                    : "The flow was registered without one, so it runs no more by itself. Its coming runs are taken away."
                }
                confirm="Take it away"
                busy={busy}
                onConfirm={() => send(group.id)}
              >
                Take it away
              </ConfirmButton>
            )}
            <Button kind="primary" onClick={() => setEditing(shown ?? EMPTY)}>
              {shown ? "Edit" : "Make a schedule"}
            </Button>
          </>
        }
      >
        {shown ? (
          <Clocks schedule={shown} />
        ) : (
          <Empty title="It has no schedule">It runs when somebody starts it.</Empty>
        )}
      </Panel>
      {shown && <Next schedule={shown} />}
    </div>
  );
}

function Next({ schedule }: { schedule: Stored }) {
  const zones = useMemo(() => zonesOf(schedule.clocks.map(readClock)), [schedule]);
  return <Preview schedule={schedule} zones={zones} />;
}

const FUNCTIONS = ["filters", "or_filters", "not_filters", "adjustments"] as const;

function Clocks({ schedule }: { schedule: Stored }) {
  const clocks = useMemo(() => schedule.clocks.map(readClock), [schedule]);
  return (
    <ul className="flex flex-col gap-5">
      {clocks.map((clock) => (
        <li key={clock.key}>
          <OneClock clock={clock} />
        </li>
      ))}
      {FUNCTIONS.filter((name) => (schedule[name] as unknown[] | undefined)?.length).map((name) => (
        <li key={name}>
          <h3 className="mb-1 font-medium">{name.replace("_", " ")}</h3>
          <Json value={schedule[name]} label={name} />
        </li>
      ))}
    </ul>
  );
}

function OneClock({ clock }: { clock: Clock }) {
  const zone = isEditable(clock) ? clock.zone : undefined;
  return (
    <>
      <h3 className="mb-1 font-semibold">
        {KINDS[clock.kind as keyof typeof KINDS] ?? "Clock"}: <code>{summaryOf(clock)}</code>
      </h3>
      <Facts
        facts={[
          ...(clock.kind === "DatesClock"
            ? [["Dates", clock.dates.replaceAll("\n", ", ")] as [string, React.ReactNode]]
            : []),
          ["Zone", zone ?? "as the rule says"],
          ["Start", clock.start || "none"],
          ["End", clock.end || "none"],
          ["Parameters", clock.parameters ? <code key="p">{clock.parameters}</code> : "none"],
          ["Labels", clock.labels ? <Labels key="l" labels={clock.raw.labels} /> : "those of the flow"],
        ]}
      />
      {!isEditable(clock) && <Json value={clock.raw.rrule_obj ?? clock.raw} label="rule" />}
    </>
  );
}
