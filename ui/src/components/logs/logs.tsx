import { ArrowDownToLine, ArrowUpToLine, Clock } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { Button } from "@/components/button";
import { Input, SearchField, Select, Switch } from "@/components/fields";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { useFilters } from "@/lib/filters";
import { useZone } from "@/lib/time";
import { fromLocalInput } from "@/lib/zoned";
import { DownloadButton } from "./download-button";
import { LogList } from "./list";
import { filtered, LEVELS, type Scope } from "./query";
import { type Place, useLogs } from "./use-logs";

const DEFAULTS = { level: "", q: "", wrap: true, log: "" };

/** The log of a flow run or of one of its task runs. */
export function Logs({ scope, fileName }: { scope: Scope; fileName: string }) {
  const [{ level, q, wrap, log }, change] = useFilters(DEFAULTS);
  const [first] = useState<Place>(() => (log ? { line: log } : { end: true }));
  const filter = useMemo(() => ({ level, text: q }), [level, q]);
  const logs = useLogs(scope, filter, first);
  const where = useMemo(() => filtered(scope, filter), [scope, filter]);
  const choose = useCallback((id: string) => change({ log: id }), [change]);
  const live = logs.atEnd;
  return (
    <Panel
      flush
      title={
        <span className="inline-flex items-center gap-2">
          Log
          <span className="text-xs font-normal text-muted" data-testid="log-live">
            {logs.opening ? "" : live ? "live" : "older lines"}
          </span>
        </span>
      }
      actions={
        <>
          <SearchField label="Search the log" value={q} onChange={(text) => change({ q: text, log: "" })} />
          <Select
            aria-label="Level"
            className="!w-36"
            value={level}
            onChange={(event) => change({ level: event.target.value, log: "" })}
          >
            <option value="">All levels</option>
            {LEVELS.slice(1).map((name) => (
              <option key={name} value={name}>
                {name === "CRITICAL" ? name : `${name} and above`}
              </option>
            ))}
          </Select>
          <TimeJump onJump={(moment) => logs.open({ moment })} />
          <Switch label="Wrap" checked={wrap} onChange={(on) => change({ wrap: on })} />
          <Button
            kind="ghost"
            aria-label="To the first line"
            title="To the first line"
            icon={<ArrowUpToLine className="size-4" />}
            onClick={() => logs.open({ start: true })}
          />
          <Button
            kind="ghost"
            aria-label="To the newest line"
            title="To the newest line, and follow"
            icon={<ArrowDownToLine className="size-4" />}
            onClick={() => logs.open({ end: true })}
          />
          <DownloadButton where={where} fileName={fileName} />
        </>
      }
    >
      <Failure error={logs.error} />
      {logs.opening ? (
        <Skeleton lines={10} />
      ) : logs.lines.length ? (
        <LogList logs={logs} wrap={wrap} search={q} chosen={log} onChoose={choose} />
      ) : q || level ? (
        <Empty title="No line is like that">Search for less, or choose a lower level.</Empty>
      ) : (
        <Empty title="There are no lines yet">
          They appear here as the run writes them. <code>prefect.context["logger"]</code> is the logger to
          write with.
        </Empty>
      )}
    </Panel>
  );
}

function TimeJump({ onJump }: { onJump: (moment: string) => void }) {
  const zone = useZone();
  const [text, setText] = useState("");
  const instant = fromLocalInput(text, zone);
  const moment = instant === undefined ? undefined : new Date(instant).toISOString();
  return (
    <form
      className="flex gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (moment) onJump(moment);
      }}
    >
      <Input
        type="datetime-local"
        step={1}
        aria-label={`Time to go to, in ${zone}`}
        title={`Time to go to, in ${zone}`}
        className="!w-52"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button
        type="submit"
        aria-label="Go to this time"
        title="Go to this time"
        disabled={!moment}
        icon={<Clock className="size-4" />}
      />
    </form>
  );
}
