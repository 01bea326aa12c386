import { useAction } from "@/api/act";
import { setTaskRunStates } from "@/api/set-states";
import { Button } from "@/components/button";

const approve = (run: { id: string; version: number }) =>
  setTaskRunStates([run], { type: "Resume", message: "Approved by a person." });

/** Lets a paused task run go on. */
export function Approve({ run }: { run: { id: string; version: number } }) {
  const [send, busy] = useAction(approve, "Approved; the task goes on.");
  return (
    <Button kind="primary" busy={busy} onClick={() => void send(run)}>
      Approve
    </Button>
  );
}
