import { Eraser } from "lucide-react";
import { useCallback } from "react";
import { useAction } from "@/api/act";
import { client } from "@/api/client";
import { messageOf } from "@/api/live";
import { setFlowRunStates } from "@/api/set-states";
import type { Flow_Bool_Exp } from "@/api/types.gen";
import { ConfirmButton } from "@/components/dialog";
import { tell } from "@/components/toast";
import { LateRunsDocument } from "./dashboard.gen";

/** Milliseconds after its time from which a run counts as late. */
export const LATE_AFTER = 20_000;
const TOGETHER = 500;
const SKIPPED = { type: "Skipped", message: "Late; cleared away by a person." };

/** Skips every run that is late now, however many there are; one that an agent takes meanwhile runs. */
async function clearLate(flow: Flow_Bool_Exp | undefined): Promise<void> {
  const before = new Date(Date.now() - LATE_AFTER).toISOString();
  let cleared = 0;
  for (;;) {
    const found = await client
      .query(LateRunsDocument, { before, limit: TOGETHER, ...(flow ? { flow } : {}) })
      .toPromise();
    if (found.error) throw new Error(messageOf(found.error));
    const set = await setFlowRunStates(found.data?.flow_run ?? [], SKIPPED);
    cleared += set;
    if (!set) break;
  }
  tell(cleared === 1 ? "One late run is skipped." : `${cleared.toLocaleString()} late runs are skipped.`);
}

export function ClearLate({ flow }: { flow: Flow_Bool_Exp | undefined }) {
  const [run, busy] = useAction(useCallback(() => clearLate(flow), [flow]));
  return (
    <ConfirmButton
      kind="ghost"
      busy={busy}
      icon={<Eraser className="size-4" aria-hidden />}
      question="Clear all late runs?"
      detail="Every run shown here that is more than 20 seconds past its time becomes Skipped and will not run."
      confirm="Skip them"
      onConfirm={() => run()}
    >
      Clear late runs
    </ConfirmButton>
  );
}
