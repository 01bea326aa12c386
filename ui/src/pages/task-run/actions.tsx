import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { useAction } from "@/api/act";
import { restartFrom } from "@/api/restart";
import { setTaskRunStates, writeReason } from "@/api/set-states";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { type ChosenState, SetStateDialog } from "@/components/set-state";
import { taskRunName } from "@/components/task-run-link";
import { isFinished } from "@/lib/states";
import { Approve } from "../flow-run/approve";
import type { TaskRun } from "./task-run";

const STATES = ["Failed", "Success", "Cancelled", "Finished", "Scheduled", "TimedOut", "Resume", "Pending"];

async function setState(run: TaskRun, { type, reason }: ChosenState): Promise<void> {
  await writeReason(
    run.flow_run_id,
    run.id,
    `The state of the task run was set to ${type} by a person. ${reason}`.trim(),
  );
  await setTaskRunStates([run], { type, message: reason || `Set to ${type} by a person.` });
}

async function restart(run: TaskRun): Promise<void> {
  if (!run.flow_run) throw new Error("The flow run of this task run is gone.");
  await restartFrom(run, run.flow_run);
}

/** What can be done with a task run. */
export function Actions({ run }: { run: TaskRun }) {
  const [setting, setSetting] = useState(false);
  const [send, busy] = useAction(restart, "The flow run is due again from here.");
  const name = taskRunName(run);
  return (
    <>
      {run.state === "Paused" && <Approve run={run} />}
      {isFinished(run.state) && isFinished(run.flow_run?.state) && (
        <ConfirmButton
          kind="plain"
          question={`Restart from ${name}?`}
          detail="This task and all below it run again. What is above keeps its results, where results are stored."
          confirm="Restart"
          busy={busy}
          icon={<RotateCcw className="size-4" aria-hidden />}
          onConfirm={() => send(run)}
        >
          Restart from here
        </ConfirmButton>
      )}
      <Button onClick={() => setSetting(true)}>Set state…</Button>
      {setting && (
        <SetStateDialog
          what={name}
          states={STATES}
          onSet={(chosen) => setState(run, chosen)}
          onClose={() => setSetting(false)}
        />
      )}
    </>
  );
}
