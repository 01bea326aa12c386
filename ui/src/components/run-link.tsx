import { Link } from "@tanstack/react-router";

interface Named {
  id: string;
  name?: string | null;
}

/** A run's name, leading to its page. */
export function RunLink({ run }: { run: Named }) {
  return (
    <Link to={`/flow-run/${run.id}` as "/"} className="font-medium hover:underline">
      {run.name || run.id.slice(0, 8)}
    </Link>
  );
}

export function FlowLink({ flow }: { flow: { name: string; flow_group_id: string } }) {
  return (
    <Link to={`/flow/${flow.flow_group_id}` as "/"} className="text-muted hover:underline">
      {flow.name}
    </Link>
  );
}
