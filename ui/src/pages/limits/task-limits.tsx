import { act, useAction } from "@/api/act";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Empty } from "@/components/panel";
import { Holders } from "./holders";
import { type Limit, LimitTable } from "./limit-table";
import {
  DeleteTaskLimitDocument,
  SetTaskLimitDocument,
  TaskLimitsDocument,
  TaskSlotHoldersDocument,
} from "./limits.gen";

const NONE = {};
const set = (tag: string, limit: number) => act(SetTaskLimitDocument, { tag, limit });
const remove = (limit: Limit) => act(DeleteTaskLimitDocument, { id: limit.id });

/** How many task runs with a tag may run at once. */
export function TaskLimits() {
  const { data, error, loading, refresh } = usePolled(TaskLimitsDocument, NONE, 5);
  const [runSet, busy] = useAction(set, (name) => `The limit on ${name} is set.`);
  const [runRemove] = useAction(remove, (limit) => `The limit on ${limit.name} is taken away.`);
  const usage = new Map((data?.task_concurrency ?? []).map((one) => [one.name, one.usage ?? 0]));
  return (
    <LimitTable
      noun="tag"
      limits={(data?.task_tag_limit ?? []).map((one) => ({
        id: one.id,
        name: one.tag,
        limit: one.limit,
        usage: usage.get(one.tag) ?? 0,
      }))}
      error={error}
      loading={loading}
      empty={
        <Empty title="No tag is limited">
          A limit on a tag says how many task runs with it may be Running at once; others wait in the queue.
        </Empty>
      }
      holders={(limit) => <SlotHolders name={limit.name} />}
      onSet={async (name, limit) => {
        const done = await runSet(name, limit);
        refresh();
        return done;
      }}
      onRemove={async (limit) => {
        await runRemove(limit);
        refresh();
      }}
      busy={busy}
    />
  );
}

function SlotHolders({ name }: { name: string }) {
  const { data, error, loading } = useAsk(TaskSlotHoldersDocument, { tag: [name] });
  return (
    <Holders
      kind="task"
      runs={(data?.task_run ?? []).map((run) => ({ ...run, name: run.name ?? run.task?.name }))}
      error={error}
      loading={loading}
    />
  );
}
