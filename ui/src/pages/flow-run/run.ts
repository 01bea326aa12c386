import type { FlowRunSubscription } from "./flow-run.gen";

export type Run = NonNullable<FlowRunSubscription["flow_run_by_pk"]>;

/** What the page calls a run that has no name. */
export const nameOf = (run: { id: string; name: string | null }): string => run.name || run.id.slice(0, 8);
