import { act, useAction } from "@/api/act";
import { useChosen } from "@/api/chosen";
import { mustSucceed } from "@/api/succeed";
import { Switch } from "@/components/fields";
import { ScheduleOffDocument, ScheduleOnDocument } from "./flows.gen";

const set = async (id: string, name: string, active: boolean) => {
  const answer = active
    ? (await act(ScheduleOnDocument, { id })).set_schedule_active
    : (await act(ScheduleOffDocument, { id })).set_schedule_inactive;
  mustSucceed(answer, `${name} has no schedule: give it one on its page.`);
};

/** Whether the scheduler makes runs of a flow. */
export function ScheduleSwitch({
  flow,
  active,
  hasSchedule,
  onChanged,
  hideLabel,
}: {
  flow: { id: string; name: string; archived: boolean };
  active: boolean;
  hasSchedule: boolean;
  onChanged?: () => void;
  hideLabel?: boolean;
}) {
  const [send, busy] = useAction(set, (_, name, active) =>
    active
      ? `The schedule of ${name} is on: its next runs are made.`
      : `The schedule of ${name} is off: its coming runs are taken away.`,
  );
  const [shown, choose] = useChosen(active, (next) => send(flow.id, flow.name, next));
  return (
    <Switch
      label={hideLabel ? `Schedule of ${flow.name}` : "Schedule"}
      hideLabel={hideLabel ?? false}
      checked={shown}
      disabled={busy || flow.archived || (!hasSchedule && !active)}
      onChange={async (next) => {
        await choose(next);
        onChanged?.();
      }}
    />
  );
}

/** Whether a stored schedule has clocks: SQL null, JSON null and no clocks all mean none. */
export function hasClocks(schedule: unknown): boolean {
  const clocks = (schedule as { clocks?: unknown[] } | null)?.clocks;
  return Array.isArray(clocks) && clocks.length > 0;
}
