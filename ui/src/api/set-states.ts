/** Setting states of runs as a person does. */
import { act } from "./act";
import { SetFlowRunStatesDocument, SetTaskRunStatesDocument, WriteRunLogsDocument } from "./states.gen";

export interface State {
  type: string;
  message: string;
}

/** As many in one call as one transaction should hold. */
const BATCH = 500;

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += BATCH) yield all.slice(from, from + BATCH);
}

interface Answer {
  status: string | null;
  message: string | null;
}

function check(answers: readonly Answer[] | null | undefined): void {
  const refused = (answers ?? []).filter((answer) => answer.status !== "SUCCESS");
  const [first] = refused;
  if (!first) return;
  const why = first.message || "It has changed meanwhile; look at it again.";
  throw new Error(refused.length > 1 ? `${refused.length} states were not set. The first: ${why}` : why);
}

/** Throws when the run has another version by now, or may not have this state. */
export async function setFlowRunState(run: { id: string; version: number }, state: State): Promise<void> {
  const { set_flow_run_states: answer } = await act(SetFlowRunStatesDocument, {
    states: [{ flow_run_id: run.id, version: run.version, state }],
  });
  check(answer?.states);
}

/** Sets the state of those that still have the version given; returns how many these were. */
export async function setFlowRunStates(
  runs: readonly { id: string; version: number }[],
  state: State,
): Promise<number> {
  let set = 0;
  for (const some of batches(runs)) {
    const { set_flow_run_states: answer } = await act(SetFlowRunStatesDocument, {
      states: some.map((run) => ({ flow_run_id: run.id, version: run.version, state })),
    });
    set += (answer?.states ?? []).filter((one) => one.status === "SUCCESS").length;
  }
  return set;
}

export async function setTaskRunStates(
  runs: readonly { id: string; version: number }[],
  state: State,
): Promise<void> {
  for (const some of batches(runs)) {
    const { set_task_run_states: answer } = await act(SetTaskRunStatesDocument, {
      states: some.map((run) => ({ task_run_id: run.id, version: run.version, state })),
    });
    check(answer?.states);
  }
}

/** What a person did, for whoever reads the log later. */
export async function writeReason(
  flowRun: string,
  taskRun: string | undefined,
  message: string,
): Promise<void> {
  await act(WriteRunLogsDocument, {
    logs: [
      {
        flow_run_id: flowRun,
        ...(taskRun ? { task_run_id: taskRun } : {}),
        name: "lictor.ui",
        level: "INFO",
        message,
      },
    ],
  });
}
