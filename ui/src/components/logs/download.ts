/** A whole log as a file, asked for page by page so that a million lines never are in memory as objects. */
import { askPage } from "./ask";
import type { Line } from "./buffer";
import type { Where } from "./query";

export type Format = "txt" | "json" | "csv";
const STEP = 5000;
const TYPES: Record<Format, string> = { txt: "text/plain", json: "application/json", csv: "text/csv" };

/** One line in the format, with its end. */
export function written(line: Line, format: Format, first: boolean): string {
  const { timestamp, level, name, message, task_run_id } = line;
  if (format === "txt") return `${timestamp} ${(level ?? "").padEnd(8)} ${name ?? ""} | ${message ?? ""}\n`;
  if (format === "json")
    return `${first ? "[\n" : ",\n"}${JSON.stringify({ timestamp, level, name, task_run_id, message })}`;
  const cells = [timestamp, level, name, task_run_id, message].map(cell).join(",");
  return `${first ? "timestamp,level,name,task_run_id,message\r\n" : ""}${cells}\r\n`;
}

function cell(value: string | null): string {
  const text = value ?? "";
  // A spreadsheet takes what begins so for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** All lines of `where`, oldest first. `progress` hears how many there are so far; `signal` ends it with an error. */
export async function collect(
  where: Where,
  format: Format,
  progress: (lines: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  // Blobs are kept by the browser, outside of the page's memory.
  const parts: Blob[] = [];
  let last: Line | undefined;
  let count = 0;
  for (;;) {
    const page = await askPage(where, "newer", last, STEP);
    signal.throwIfAborted();
    parts.push(new Blob([page.map((line, index) => written(line, format, count + index === 0)).join("")]));
    count += page.length;
    progress(count);
    last = page.at(-1);
    if (page.length < STEP) break;
  }
  if (format === "json") parts.push(new Blob([count ? "\n]\n" : "[]\n"]));
  return new Blob(parts, { type: TYPES[format] });
}

/** Hands a file to the browser's downloads. */
export function save(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
