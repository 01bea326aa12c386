import { useState } from "react";
import { useAction } from "@/api/act";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Field, Select, Switch, TextArea } from "./fields";

export interface ChosenState {
  type: string;
  reason: string;
  /** The task runs too, where that is offered. */
  taskRuns: boolean;
}

/** Asks for a state and the reason for it. */
export function SetStateDialog({
  what,
  states,
  offerTaskRuns,
  onSet,
  onClose,
}: {
  what: string;
  states: readonly string[];
  offerTaskRuns?: boolean;
  onSet: (chosen: ChosenState) => Promise<void>;
  onClose: () => void;
}) {
  const [type, setType] = useState(states[0] ?? "");
  const [reason, setReason] = useState("");
  const [taskRuns, setTaskRuns] = useState(false);
  const [send, busy] = useAction(onSet, "The state is set.");
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Set the state of ${what}`}
      description="This changes what the server knows. It does not stop a process that runs: cancel the run for that."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={async (event) => {
          event.preventDefault();
          if (await send({ type, reason: reason.trim(), taskRuns })) onClose();
        }}
      >
        <Field label="State">
          {(ids) => (
            <Select {...ids} value={type} onChange={(event) => setType(event.target.value)}>
              {states.map((state) => (
                <option key={state}>{state}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Reason" help="Stands in the state's message and in the log.">
          {(ids) => <TextArea {...ids} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        {offerTaskRuns && <Switch label="All its task runs too" checked={taskRuns} onChange={setTaskRuns} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Set the state
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
