import { Trash2 } from "lucide-react";
import { Button } from "@/components/button";
import { Field, Input, Select, TextArea } from "@/components/fields";
import { Json } from "@/components/json";
import { validZone } from "@/lib/time";
import { type Clock, isEditable, KINDS, summaryOf, UNITS, type Unit, writeClock } from "./clocks";

/** The fields of one clock. */
export function ClockForm({
  clock,
  number,
  onChange,
  onRemove,
}: {
  clock: Clock;
  number: number;
  onChange: (clock: Clock) => void;
  onRemove: () => void;
}) {
  const { errors } = writeClock(clock);
  const set = (change: Partial<Clock>) => onChange({ ...clock, ...change });
  const spans = clock.kind === "IntervalClock" || clock.kind === "CronClock";
  return (
    <fieldset className="rounded-md border border-line p-4">
      <legend className="px-1 font-semibold">
        Clock {number}: {KINDS[clock.kind as keyof typeof KINDS] ?? summaryOf(clock)}
      </legend>
      {isEditable(clock) ? (
        <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
          <When clock={clock} error={errors.every} set={set} />
          <Field
            label="Zone"
            error={
              validZone(clock.zone) ? undefined : `${clock.zone || "Nothing"} is not the name of a time zone.`
            }
          >
            {(ids) => (
              <Input
                {...ids}
                list="schedule-zones"
                value={clock.zone}
                onChange={(event) => set({ zone: event.target.value })}
              />
            )}
          </Field>
          {spans && (
            <>
              <Field label="Start" error={errors.start} help="In the clock's zone.">
                {(ids) => (
                  <Input
                    {...ids}
                    type="datetime-local"
                    value={clock.start}
                    onChange={(event) => set({ start: event.target.value })}
                  />
                )}
              </Field>
              <Field label="End" error={errors.end} help="Left empty, it goes on.">
                {(ids) => (
                  <Input
                    {...ids}
                    type="datetime-local"
                    value={clock.end}
                    onChange={(event) => set({ end: event.target.value })}
                  />
                )}
              </Field>
            </>
          )}
          <Field label="Parameter defaults" error={errors.parameters} help='JSON, such as {"city": "Oslo"}.'>
            {(ids) => (
              <TextArea
                {...ids}
                className="!min-h-8"
                rows={Math.min(6, clock.parameters.split("\n").length)}
                value={clock.parameters}
                onChange={(event) => set({ parameters: event.target.value })}
              />
            )}
          </Field>
          <Field label="Labels" help="Between commas. Left empty, those of the flow count.">
            {(ids) => (
              <Input
                {...ids}
                value={clock.labels}
                onChange={(event) => set({ labels: event.target.value })}
              />
            )}
          </Field>
        </div>
      ) : (
        <>
          <p className="mb-2 text-muted">This clock is changed where the flow is registered.</p>
          <Json value={clock.raw} label={`clock ${number}`} />
        </>
      )}
      <div className="mt-3 flex justify-end">
        <Button
          kind="ghost"
          aria-label={`Remove clock ${number}`}
          icon={<Trash2 className="size-4" aria-hidden />}
          onClick={onRemove}
        >
          Remove
        </Button>
      </div>
    </fieldset>
  );
}

function When({
  clock,
  error,
  set,
}: {
  clock: Clock;
  error: string | undefined;
  set: (change: Partial<Clock>) => void;
}) {
  if (clock.kind === "CronClock")
    return (
      <Field label="Cron" help="Minute, hour, day, month, weekday: 0 6 * * 1-5 is 6:00 on workdays.">
        {(ids) => (
          <Input
            {...ids}
            className="font-mono"
            value={clock.cron}
            onChange={(event) => set({ cron: event.target.value })}
          />
        )}
      </Field>
    );
  if (clock.kind === "DatesClock")
    return (
      <Field label="Dates" help="One in each line: 2026-03-01T09:00.">
        {(ids) => (
          <TextArea {...ids} value={clock.dates} onChange={(event) => set({ dates: event.target.value })} />
        )}
      </Field>
    );
  return (
    <Field label="Every" error={error}>
      {(ids) => (
        <span className="flex gap-2">
          <Input
            {...ids}
            type="number"
            min="0"
            step="any"
            value={clock.every}
            onChange={(event) => set({ every: event.target.value })}
          />
          <Select
            aria-label="Unit"
            className="!w-32"
            value={clock.unit}
            onChange={(event) => set({ unit: event.target.value as Unit })}
          >
            {Object.keys(UNITS).map((unit) => (
              <option key={unit}>{unit}</option>
            ))}
          </Select>
        </span>
      )}
    </Field>
  );
}
