import { Link } from "@tanstack/react-router";

export function TaskLink({ task }: { task: { id: string; name?: string | null } }) {
  return (
    <Link to={`/task/${task.id}` as "/"} className="font-medium hover:underline">
      {task.name || task.id.slice(0, 8)}
    </Link>
  );
}

export function TaskRunLink({
  run,
}: {
  run: { id: string; map_index: number; task: { name?: string | null } | null };
}) {
  return (
    <Link to={`/task-run/${run.id}` as "/"} className="font-medium hover:underline">
      {run.task?.name ?? run.id.slice(0, 8)}
      {run.map_index >= 0 && `[${run.map_index}]`}
    </Link>
  );
}
