import { Link } from "@tanstack/react-router";

interface Named {
  id: string;
  name?: string | null;
  map_index: number;
  task?: { name: string | null } | null;
}

/** A task run's own name, or that of its task; with its place where the task is mapped. */
export function taskRunName(run: Named): string {
  const name = run.name || run.task?.name || run.id.slice(0, 8);
  return run.map_index >= 0 && !run.name ? `${name}[${run.map_index}]` : name;
}

export function TaskRunLink({ run }: { run: Named }) {
  return (
    <Link to={`/task-run/${run.id}` as "/"} className="font-medium hover:underline">
      {taskRunName(run)}
    </Link>
  );
}
