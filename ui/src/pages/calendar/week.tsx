import clsx from "clsx";
import { colourOf, type Outcome } from "@/lib/states";
import { type Day, hoursOf, type Run, tally } from "./cells";
import { RunChip } from "./run-chip";

/** So many runs of an hour stand by themselves; more are counted. */
const SINGLY = 2;
const COLOURS: Record<Outcome, string> = {
  failed: colourOf("Failed"),
  active: colourOf("Running"),
  waiting: colourOf("Scheduled"),
  succeeded: colourOf("Success"),
  cancelled: colourOf("Cancelled"),
};
const WORDS: Record<Outcome, string> = {
  failed: "failed",
  active: "running",
  waiting: "waiting",
  succeeded: "succeeded",
  cancelled: "cancelled",
};

export function WeekView({
  days,
  runs,
  zone,
  today,
  onDay,
}: {
  days: Day[];
  runs: Run[];
  zone: string;
  today: number;
  onDay: (instant: number) => void;
}) {
  const columns = days.map((day) => hoursOf(runs, day, zone));
  const format = new Intl.DateTimeFormat(navigator.language, {
    timeZone: zone,
    weekday: "short",
    month: "short",
    day: "numeric",
  });
  return (
    <section
      className="overflow-x-auto"
      aria-label="Week"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full min-w-[56rem] table-fixed border-collapse text-xs">
        <thead>
          <tr className="border-b border-line">
            <th className="w-14">
              <span className="sr-only">Hour</span>
            </th>
            {days.map((day) => (
              <th key={day.from} scope="col" className="border-l border-line py-1.5">
                <button
                  type="button"
                  className={clsx("rounded px-2 hover:underline", day.from === today && "text-accent")}
                  onClick={() => onDay(day.from)}
                >
                  {format.format(day.from)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: 24 }, (_, hour) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the hours do not change places
            <tr key={hour} className="border-b border-line last:border-0">
              <th scope="row" className="px-2 py-1 text-right align-top font-normal text-muted tabular-nums">
                {String(hour).padStart(2, "0")}:00
              </th>
              {columns.map((hours, number) => (
                <td key={days[number]?.from} className="h-7 border-l border-line p-0.5 align-top">
                  <Cell
                    runs={hours[hour] ?? []}
                    zone={zone}
                    onOpen={() => onDay(days[number]?.from ?? today)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ runs, zone, onOpen }: { runs: Run[]; zone: string; onOpen: () => void }) {
  if (runs.length <= SINGLY) return runs.map((run) => <RunChip key={run.id} run={run} zone={zone} />);
  const counts = tally(runs);
  const text = counts.map(([outcome, count]) => `${count.toLocaleString()} ${WORDS[outcome]}`).join(", ");
  return (
    <button
      type="button"
      title={text}
      aria-label={`${runs.length.toLocaleString()} runs: ${text}`}
      className="block w-full rounded bg-sunken px-1 py-0.5 text-left hover:bg-accent-soft"
      onClick={onOpen}
    >
      <span className="block truncate">{runs.length.toLocaleString()} runs</span>
      <span className="flex h-1.5 overflow-hidden rounded-full" aria-hidden>
        {counts.map(([outcome, count]) => (
          <span key={outcome} style={{ flexGrow: count, background: COLOURS[outcome], minWidth: 3 }} />
        ))}
      </span>
    </button>
  );
}
