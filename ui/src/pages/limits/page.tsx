import { act, useAction } from "@/api/act";
import { useTenants } from "@/app/tenant";
import { useWorkQueue, workQueueChanged } from "@/app/work-queue";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { PageHeader } from "@/components/panel";
import { Tabs } from "@/components/tabs";
import { FlowLimits } from "./flow-limits";
import { PauseWorkQueueDocument, ResumeWorkQueueDocument } from "./limits.gen";
import { TaskLimits } from "./task-limits";

const pause = (tenant: string) => act(PauseWorkQueueDocument, { tenant });
const resume = (tenant: string) => act(ResumeWorkQueueDocument, { tenant });

/** How many runs may run at once, by label and by tag; and the switch that stops them all. */
export default function Limits() {
  return (
    <>
      <PageHeader title="Concurrency limits" actions={<WorkQueue />} />
      <Tabs
        label="Limits"
        tabs={[
          { key: "flows", title: "Flow runs by label", content: () => <FlowLimits /> },
          { key: "tasks", title: "Task runs by tag", content: () => <TaskLimits /> },
        ]}
      />
    </>
  );
}

function WorkQueue() {
  const { tenant } = useTenants();
  const { paused } = useWorkQueue();
  const [runPause, pausing] = useAction(pause, "The work queue is paused.");
  const [runResume, resuming] = useAction(resume, "Runs are given to agents again.");
  if (!tenant || paused === undefined) return null;
  if (paused)
    return (
      <Button
        kind="primary"
        busy={resuming}
        onClick={async () => {
          await runResume(tenant.id);
          workQueueChanged();
        }}
      >
        Resume the work queue
      </Button>
    );
  return (
    <ConfirmButton
      kind="plain"
      busy={pausing}
      question="Pause the work queue?"
      detail="No run of this team is given to an agent until you resume it. What runs goes on."
      confirm="Pause"
      onConfirm={async () => {
        await runPause(tenant.id);
        workQueueChanged();
      }}
    >
      Pause the work queue
    </ConfirmButton>
  );
}
