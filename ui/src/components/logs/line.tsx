import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { memo } from "react";
import { formatLogTime } from "@/lib/time";
import type { Line } from "./buffer";

const TONES: Record<string, string> = {
  CRITICAL: "text-danger font-semibold",
  ERROR: "text-danger",
  WARNING: "text-warning",
  DEBUG: "text-muted",
};

/** One line of a log. Its time leads to itself: the address can be handed on. */
export const LogLine = memo(function LogLine({
  line,
  zone,
  wrap,
  search,
  chosen,
  onChoose,
}: {
  line: Line;
  zone: string;
  wrap: boolean;
  search: string;
  chosen: boolean;
  onChoose: (id: string) => void;
}) {
  const tone = TONES[line.level ?? ""];
  return (
    <div
      className={clsx(
        "flex items-start gap-x-3 px-3 py-0.5 hover:bg-sunken",
        wrap ? "flex-wrap md:flex-nowrap" : "w-max min-w-full",
        chosen && "bg-accent-soft",
      )}
    >
      <button
        type="button"
        title="Link to this line"
        className="shrink-0 whitespace-nowrap text-muted hover:text-accent"
        onClick={() => onChoose(line.id)}
      >
        {formatLogTime(line.timestamp, zone)}
      </button>
      <span className={clsx("w-16 shrink-0", tone)}>{line.level}</span>
      <span className="w-44 shrink-0 truncate text-muted" title={line.name ?? ""}>
        {line.task_run_id ? (
          <Link to={`/task-run/${line.task_run_id}` as "/"} className="hover:underline">
            {line.name || "task run"}
          </Link>
        ) : (
          line.name
        )}
      </span>
      <span
        className={clsx(
          wrap ? "min-w-0 basis-full break-words whitespace-pre-wrap md:basis-0 grow" : "whitespace-pre",
          tone,
        )}
      >
        <Marked text={line.message ?? ""} search={search} />
      </span>
    </div>
  );
});

function Marked({ text, search }: { text: string; search: string }) {
  if (!search) return text;
  const parts = [];
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  let from = 0;
  // Lower case is of another length in a few scripts; such a text is shown without marks.
  if (lower.length === text.length)
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
      parts.push(text.slice(from, at));
      from = at + wanted.length;
      parts.push(
        <mark key={at} className="rounded-sm bg-warning-soft text-warning">
          {text.slice(at, from)}
        </mark>,
      );
    }
  parts.push(text.slice(from));
  return parts;
}
