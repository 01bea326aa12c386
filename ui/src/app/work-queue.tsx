/** Whether the team's runs are held back from its agents, told on every page while they are. */
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { everywhere } from "@/api/client";
import { usePolled } from "@/api/polled";
import { Store, useStore } from "@/lib/store";
import { useTenants } from "./tenant";
import { WorkQueueDocument } from "./work-queue.gen";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const changes = new Store(0);

/** To be called by who has paused or resumed it, so that nobody waits for the next look. */
export function workQueueChanged(): void {
  changes.set(changes.get() + 1);
}

export function useWorkQueue(): { paused: boolean | undefined; error: string | undefined } {
  const { tenant } = useTenants();
  const changed = useStore(changes);
  const variables = useMemo(() => ({ tenant: tenant?.id ?? NOBODY }), [tenant?.id]);
  const { data, error, refresh } = usePolled(WorkQueueDocument, variables, 30, everywhere);
  // biome-ignore lint/correctness/useExhaustiveDependencies: refresh is another function each time
  useEffect(() => {
    if (changed) refresh();
  }, [changed]);
  const settings = data?.tenant_by_pk?.settings as { work_queue_paused?: boolean } | undefined;
  return { paused: settings && Boolean(settings.work_queue_paused), error };
}

export function WorkQueueBanner() {
  const { tenant } = useTenants();
  return tenant ? <Banner /> : null;
}

function Banner() {
  const { paused } = useWorkQueue();
  if (!paused) return null;
  return (
    <p role="status" className="bg-warning-soft px-4 py-2 text-warning">
      The work queue is paused: no run is given to an agent.{" "}
      <Link to={"/limits" as "/"} className="font-medium underline">
        Resume it
      </Link>
    </p>
  );
}
