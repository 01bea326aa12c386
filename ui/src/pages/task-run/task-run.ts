import type { TaskRunStatesSubscription, TaskRunSubscription } from "./task-run.gen";

export type TaskRun = NonNullable<TaskRunSubscription["task_run_by_pk"]>;
export type TaskRunState = TaskRunStatesSubscription["task_run_state"][number];
