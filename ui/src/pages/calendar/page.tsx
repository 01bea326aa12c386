import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo } from "react";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import type { Flow_Bool_Exp } from "@/api/types.gen";
import { Button } from "@/components/button";
import { Select } from "@/components/fields";
import { Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { useFilters } from "@/lib/filters";
import { useNow, useZone } from "@/lib/time";
import { startOfDay, toLocalInput } from "@/lib/zoned";
import { ProjectNamesDocument } from "@/pages/flows/flows.gen";
import { CalendarCountDocument, CalendarFlowsDocument, CalendarRunsDocument } from "./calendar.gen";
import { daysFrom, knownUntil, startOfWeek } from "./cells";
import { DayView } from "./day";
import { WeekView } from "./week";

const DEFAULTS = { view: "week", day: "", project: "", flow: "" };
/** Runs that one view asks for; a busier week says where it stops and leads to its days. */
const LIMIT = 2000;
const NONE = {};

/** Past and coming runs by day and hour. */
export default function Calendar() {
  const [{ view, day, project, flow }, change] = useFilters(DEFAULTS);
  const zone = useZone();
  const today = startOfDay(useNow(), zone);
  const wanted = Date.parse(`${day}T00:00:00Z`);
  // Noon is on the day that is meant in every zone's wall time.
  const at = Number.isNaN(wanted) ? today : dayOf(wanted, zone);
  const week = view !== "day";
  const first = week ? startOfWeek(at, zone) : at;
  const days = useMemo(() => daysFrom(first, zone, week ? 7 : 1), [first, zone, week]);
  const variables = useMemo(() => {
    const chosen: Flow_Bool_Exp | undefined = flow
      ? { flow_group_id: { _eq: flow } }
      : project
        ? { project_id: { _eq: project } }
        : undefined;
    return {
      ...(chosen ? { flow: chosen } : {}),
      from: new Date(days[0]?.from ?? 0).toISOString(),
      to: new Date(days.at(-1)?.to ?? 0).toISOString(),
    };
  }, [days, flow, project]);
  const asked = useMemo(() => ({ ...variables, limit: LIMIT }), [variables]);
  const { data, error, loading } = usePolled(CalendarRunsDocument, asked, 15);
  const runs = data?.flow_run ?? [];
  const until = knownUntil(runs, LIMIT);
  const go = (instant: number) => change({ day: toLocalInput(instant, zone).slice(0, 10) });
  return (
    <>
      <PageHeader title="Calendar" actions={<Which project={project} flow={flow} change={change} />} />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Button
          aria-label={week ? "Previous week" : "Previous day"}
          icon={<ChevronLeft className="size-4" aria-hidden />}
          onClick={() => go(startOfDay(first, zone, week ? -7 : -1))}
        />
        <Button onClick={() => change({ day: "" })}>Today</Button>
        <Button
          aria-label={week ? "Next week" : "Next day"}
          icon={<ChevronRight className="size-4" aria-hidden />}
          onClick={() => go(startOfDay(first, zone, week ? 7 : 1))}
        />
        <h2 className="px-2 font-semibold">{titleOf(days[0]?.from ?? at, days.at(-1)?.from ?? at, zone)}</h2>
        <span className="text-muted">{zone}</span>
        <Select
          aria-label="View"
          className="!w-28 sm:ml-auto"
          value={week ? "week" : "day"}
          onChange={(event) => change({ view: event.target.value })}
        >
          <option value="week">Week</option>
          <option value="day">Day</option>
        </Select>
      </div>
      {until !== undefined && <TooMany variables={variables} until={until} week={week} />}
      <Panel flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton lines={12} />
        ) : week ? (
          <WeekView
            days={days}
            runs={runs}
            zone={zone}
            today={today}
            onDay={(instant) => change({ view: "day", day: toLocalInput(instant, zone).slice(0, 10) })}
          />
        ) : (
          days[0] && <DayView key={days[0].from} day={days[0]} runs={runs} zone={zone} />
        )}
      </Panel>
    </>
  );
}

function dayOf(wall: number, zone: string): number {
  // Noon of that date in UTC is on the same date or the next in every zone; the wall date decides.
  const noon = wall + 43_200_000;
  for (const days of [-1, 0, 1]) {
    const start = startOfDay(noon, zone, days);
    if (toLocalInput(start, zone).slice(0, 10) === new Date(wall).toISOString().slice(0, 10)) return start;
  }
  return startOfDay(noon, zone);
}

function titleOf(from: number, to: number, zone: string): string {
  const format = new Intl.DateTimeFormat(navigator.language, {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
  });
  return from === to ? format.format(from) : format.formatRange(from, to);
}

/** Says how much is not shown. */
function TooMany({
  variables,
  until,
  week,
}: {
  variables: { flow?: Flow_Bool_Exp; from: string; to: string };
  until: number;
  week: boolean;
}) {
  const zone = useZone();
  const { data } = useAsk(CalendarCountDocument, variables);
  const total = data?.flow_run_aggregate.aggregate?.count;
  return (
    <p role="status" className="mb-3 rounded-md bg-warning-soft px-3 py-2 text-warning">
      {total ? `There are ${total.toLocaleString()} runs; the` : "The"} first {LIMIT.toLocaleString()} are
      shown, up to {toLocalInput(until, zone).replace("T", " ")}.{" "}
      {week
        ? "Open a day, or choose a flow, to see the rest."
        : "Choose a project or a flow to see the rest."}
    </p>
  );
}

function Which({
  project,
  flow,
  change,
}: {
  project: string;
  flow: string;
  change: (change: { project?: string; flow?: string }) => void;
}) {
  const projects = useAsk(ProjectNamesDocument, NONE);
  const where = useMemo(
    () => ({ archived: { _eq: false }, ...(project ? { project_id: { _eq: project } } : {}) }),
    [project],
  );
  const flows = useAsk(CalendarFlowsDocument, { where });
  return (
    <>
      <Select
        aria-label="Project"
        className="!w-44"
        value={project}
        onChange={(event) => change({ project: event.target.value, flow: "" })}
      >
        <option value="">All projects</option>
        {projects.data?.project.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Flow"
        className="!w-44"
        value={flow}
        onChange={(event) => change({ flow: event.target.value })}
      >
        <option value="">All flows</option>
        {flows.data?.flow.map((one) => (
          <option key={one.id} value={one.flow_group_id}>
            {one.name}
          </option>
        ))}
      </Select>
    </>
  );
}
