import { Link } from "@tanstack/react-router";
import { StateBadge } from "@/components/badge";
import { Empty, Failure, Skeleton } from "@/components/panel";
import { RelativeTime } from "@/components/times";

interface Run {
  id: string;
  name?: string | null;
  state?: string | null;
  state_timestamp?: string | null;
}

/** The runs that hold slots, the oldest first. */
export function Holders({
  kind,
  runs,
  error,
  loading,
}: {
  kind: "flow" | "task";
  runs: Run[];
  error: string | undefined;
  loading: boolean;
}) {
  if (error) return <Failure error={error} />;
  if (loading) return <Skeleton />;
  if (!runs.length) return <Empty title="Nobody any more" />;
  return (
    <ul className="flex flex-col gap-2">
      {runs.map((run) => (
        <li key={run.id} className="flex flex-wrap items-center justify-between gap-2">
          <Link to={`/${kind}-run/${run.id}` as "/"} className="font-medium hover:underline">
            {run.name || run.id.slice(0, 8)}
          </Link>
          <span className="flex items-center gap-3 text-muted">
            <StateBadge state={run.state} />
            <RelativeTime at={run.state_timestamp} />
          </span>
        </li>
      ))}
      {runs.length === 50 && <li className="text-muted">… and more; these have run longest.</li>}
    </ul>
  );
}
