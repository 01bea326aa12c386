import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import { Tag } from "@/components/badge";
import { useNow } from "@/lib/time";
import { AgentWorkDocument } from "./agents.gen";
import { workOf } from "./work";

const STEP = 15_000;

/** How many runs wait that the agent would be given, and how many of them are late; counted by the server. */
export function WorkCount({ labels }: { labels: unknown }) {
  // In steps, so that agents with the same labels ask one question.
  const now = Math.floor(useNow() / STEP) * STEP;
  const key = JSON.stringify(labels ?? []);
  const variables = useMemo(() => workOf(JSON.parse(key) as string[], now), [key, now]);
  const { data, error } = usePolled(AgentWorkDocument, variables, 60);
  if (error) return <span title={error}>not known</span>;
  if (!data) return <span className="text-muted">…</span>;
  const late = data.late.aggregate?.count ?? 0;
  return (
    <span className="inline-flex items-center gap-2 tabular-nums">
      {(data.due.aggregate?.count ?? 0).toLocaleString()}
      {late > 0 && <Tag tone="warning">{late.toLocaleString()} late</Tag>}
    </span>
  );
}
