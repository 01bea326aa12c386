import { formatDateTime, formatDuration, formatRelative, useNow, useZone } from "@/lib/time";

/** "3 m ago", and the exact time in the reader's zone for whoever points at it. */
export function RelativeTime({ at }: { at: string | null | undefined }) {
  const now = useNow();
  const zone = useZone();
  if (!at) return <span className="text-muted">never</span>;
  return (
    <time dateTime={at} title={formatDateTime(at, zone)} className="whitespace-nowrap">
      {formatRelative(at, now)}
    </time>
  );
}

export function DateTime({ at }: { at: string | null | undefined }) {
  const zone = useZone();
  if (!at) return <span className="text-muted">none</span>;
  return (
    <time dateTime={at} className="whitespace-nowrap">
      {formatDateTime(at, zone)}
    </time>
  );
}

/** From start to end; to now while there is no end. */
export function Duration({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  if (!from) return null;
  return to ? (
    <span className="whitespace-nowrap tabular-nums">
      {formatDuration(Date.parse(to) - Date.parse(from))}
    </span>
  ) : (
    <Running from={from} />
  );
}

function Running({ from }: { from: string }) {
  const now = useNow();
  return (
    <span className="whitespace-nowrap tabular-nums">
      {formatDuration(Math.max(0, now - Date.parse(from)))}
    </span>
  );
}
