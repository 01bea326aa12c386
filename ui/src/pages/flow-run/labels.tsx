import { useState } from "react";
import { act, useAction } from "@/api/act";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/fields";
import { LabelFlowRunDocument } from "./flow-run.gen";
import type { Run } from "./run";

const save = (id: string, labels: string[]) => act(LabelFlowRunDocument, { id, labels });

/** The labels of a run: only agents that have them all take it. */
export function LabelsDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const [text, setText] = useState((run.labels as string[]).join(", "));
  const [send, busy] = useAction(save, "The labels are saved.");
  return (
    <Dialog
      open
      onClose={onClose}
      title="Labels of this run"
      description="Only an agent that has all of them takes the run. They count until an agent has taken it."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={async (event) => {
          event.preventDefault();
          const labels = text
            .split(",")
            .map((label) => label.trim())
            .filter(Boolean);
          if (await send(run.id, [...new Set(labels)])) onClose();
        }}
      >
        <Field label="Labels" help="Separated by commas.">
          {(ids) => <Input {...ids} value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
