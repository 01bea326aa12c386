import { useNavigate } from "@tanstack/react-router";
import { CircleStop, Ellipsis, Play, RotateCcw } from "lucide-react";
import { useCallback, useState } from "react";
import { act, useAction } from "@/api/act";
import { RESTARTABLE, restartFailed, taskRunsOf } from "@/api/restart";
import { setFlowRunState, setTaskRunStates, writeReason } from "@/api/set-states";
import { Button } from "@/components/button";
import { ConfirmButton, ConfirmDialog } from "@/components/dialog";
import { Menu } from "@/components/menu";
import { type ChosenState, SetStateDialog } from "@/components/set-state";
import { isFinished } from "@/lib/states";
import { CancelFlowRunDocument, DeleteFlowRunDocument, RunAgainDocument } from "./flow-run.gen";
import { LabelsDialog } from "./labels";
import { nameOf, type Run } from "./run";

const STATES = ["Failed", "Success", "Cancelled", "Finished", "Scheduled"];

const cancel = (run: Run) => act(CancelFlowRunDocument, { id: run.id });
const startNow = (run: Run) =>
  setFlowRunState(run, { type: "Scheduled", message: "Started now by a person." });
const resume = (run: Run) => setFlowRunState(run, { type: "Resume", message: "Approved by a person." });
const remove = (run: Run) => act(DeleteFlowRunDocument, { id: run.id });

async function setState(run: Run, { type, reason, taskRuns }: ChosenState): Promise<void> {
  const state = { type, message: reason || `Set to ${type} by a person.` };
  await writeReason(
    run.id,
    undefined,
    `The state of the flow run was set to ${type} by a person. ${reason}`.trim(),
  );
  if (taskRuns) await setTaskRunStates(await taskRunsOf(run.id), state);
  await setFlowRunState(run, state);
}

async function runAgain(run: Run): Promise<string> {
  const made = await act(RunAgainDocument, {
    input: {
      flow_id: run.flow.id,
      parameters: run.parameters ?? {},
      context: run.context,
      labels: run.labels as string[],
      run_config: run.run_config,
    },
  });
  const id = made.create_flow_run?.id;
  if (!id) throw new Error("The run was not made.");
  return id;
}

/** What can be done with a run; what makes no sense in its state is not offered. */
export function Actions({ run }: { run: Run }) {
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"state" | "labels" | "delete">();
  const again = useCallback(
    async (one: Run) => {
      const id = await runAgain(one);
      await navigate({ to: `/flow-run/${id}` as "/" });
    },
    [navigate],
  );
  const gone = useCallback(
    async (one: Run) => {
      await remove(one);
      await navigate({ to: "/runs" as "/" });
    },
    [navigate],
  );
  const [sendCancel, cancelling] = useAction(cancel, "The run is being cancelled.");
  const [sendStart, starting] = useAction(startNow, "The run is due now; the next agent takes it.");
  const [sendResume, resuming] = useAction(resume, "The run goes on.");
  const [sendRestart, restarting] = useAction(restartFailed, "What failed is due again.");
  const [sendAgain, repeating] = useAction(again, "A new run with the same parameters.");
  const [sendDelete] = useAction(gone, "The run is deleted.");
  const finished = isFinished(run.state);
  return (
    <>
      {run.state === "Scheduled" && (
        <Button
          kind="primary"
          busy={starting}
          icon={<Play className="size-4" aria-hidden />}
          onClick={() => void sendStart(run)}
        >
          Start now
        </Button>
      )}
      {run.state === "Paused" && (
        <Button
          kind="primary"
          busy={resuming}
          icon={<Play className="size-4" aria-hidden />}
          onClick={() => void sendResume(run)}
        >
          Approve
        </Button>
      )}
      {!finished && (
        <ConfirmButton
          question={`Cancel ${nameOf(run)}?`}
          detail="Its tasks are stopped as soon as the flow's process hears of it; what they have done stays done."
          confirm="Cancel the run"
          busy={cancelling}
          disabled={run.state === "Cancelling"}
          icon={<CircleStop className="size-4" aria-hidden />}
          onConfirm={() => sendCancel(run)}
        >
          Cancel
        </ConfirmButton>
      )}
      {RESTARTABLE.includes(run.state ?? "") && (
        <ConfirmButton
          kind="plain"
          question={`Restart ${nameOf(run)}?`}
          detail="The tasks that failed or were cancelled run again, and those below them. Tasks that succeeded keep their results, where results are stored."
          confirm="Restart"
          busy={restarting}
          icon={<RotateCcw className="size-4" aria-hidden />}
          onConfirm={() => sendRestart(run)}
        >
          Restart from failed
        </ConfirmButton>
      )}
      <Button busy={repeating} disabled={run.flow.archived} onClick={() => void sendAgain(run)}>
        Run again
      </Button>
      <Menu
        items={[
          { label: "Set state…", onSelect: () => setDialog("state") },
          { label: "Edit labels…", onSelect: () => setDialog("labels") },
          { label: "Delete…", onSelect: () => setDialog("delete"), danger: true },
        ]}
      >
        <Button aria-label="More actions" icon={<Ellipsis className="size-4" />} />
      </Menu>
      {dialog === "state" && (
        <SetStateDialog
          what={nameOf(run)}
          states={STATES}
          offerTaskRuns
          onSet={(chosen) => setState(run, chosen)}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === "labels" && <LabelsDialog run={run} onClose={() => setDialog(undefined)} />}
      <ConfirmDialog
        open={dialog === "delete"}
        onClose={() => setDialog(undefined)}
        question={`Delete ${nameOf(run)}?`}
        detail="Its task runs, states, logs and artifacts go with it. This cannot be undone."
        confirm="Delete the run"
        onConfirm={() => sendDelete(run)}
      />
    </>
  );
}
