import { useState } from "react";
import { useAction } from "@/api/act";
import { useTenants } from "@/app/tenant";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ActionStep, actionOf, actionProblem } from "./action-step";
import type { AutomationsQuery } from "./automations.gen";
import { createAutomation, type Wanted } from "./create";
import { type Draft, FRESH } from "./draft";
import { EventStep, eventProblem } from "./event-step";

function wantedOf(draft: Draft): Wanted {
  return {
    event: draft.event,
    states: draft.states,
    groups: draft.flows.map((flow) => flow.flow_group_id),
    seconds: Number(draft.seconds),
    agentConfig: draft.config
      ? { id: draft.config }
      : { name: draft.configName.trim(), healthy: Number(draft.healthy) },
    action: actionOf(draft),
  };
}

/** An automation to be changed, and what it says. */
export interface Edited {
  id: string;
  draft: Draft;
}

/** A new automation, or another in place of `edited`, in two steps: when, and then what. */
export function Wizard({
  actions,
  configs,
  edited,
  onClose,
  onDone,
}: {
  actions: AutomationsQuery["action"];
  configs: AutomationsQuery["agent_config"];
  edited?: Edited | undefined;
  onClose: () => void;
  onDone: () => void;
}) {
  const { tenant } = useTenants();
  const [draft, setDraft] = useState(edited?.draft ?? FRESH);
  const [step, setStep] = useState<"event" | "action">("event");
  const [tried, setTried] = useState(false);
  const [run, busy] = useAction(
    createAutomation,
    edited ? "The automation is changed." : "The automation is made.",
  );
  const change = (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed }));
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={edited ? "Edit the automation" : "New automation"}
      description={step === "event" ? "Step 1 of 2: when is something done?" : "Step 2 of 2: what is done?"}
    >
      <form
        className="flex flex-col gap-4"
        autoComplete="off"
        onSubmit={async (event) => {
          event.preventDefault();
          setTried(true);
          if (step === "event") {
            if (eventProblem(draft)) return;
            setStep("action");
            setTried(false);
            return;
          }
          if (actionProblem(draft)) return;
          if (await run(wantedOf(draft), tenant?.id ?? null, edited?.id)) {
            onDone();
            onClose();
          }
        }}
      >
        {edited && step === "action" && (
          <p className="text-muted">It is made anew: what the old one was still to do is dropped.</p>
        )}
        {step === "event" ? (
          <EventStep draft={draft} onChange={change} configs={configs} told={tried} />
        ) : (
          <ActionStep draft={draft} onChange={change} actions={actions} told={tried} />
        )}
        <div className="flex justify-end gap-2">
          {step === "action" && <Button onClick={() => setStep("event")}>Back</Button>}
          <Button kind="primary" type="submit" busy={busy}>
            {step === "event" ? "Next" : edited ? "Save" : "Make it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
