import { act, useAction } from "@/api/act";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Empty } from "@/components/panel";
import { Holders } from "./holders";
import { type Limit, LimitTable } from "./limit-table";
import {
  DeleteFlowLimitDocument,
  FlowLimitsDocument,
  FlowSlotHoldersDocument,
  SetFlowLimitDocument,
} from "./limits.gen";

const NONE = {};
const set = (label: string, limit: number) => act(SetFlowLimitDocument, { label, limit });
const remove = (limit: Limit) => act(DeleteFlowLimitDocument, { id: limit.id });

/** How many flow runs with a label may run at once. */
export function FlowLimits() {
  const { data, error, loading, refresh } = usePolled(FlowLimitsDocument, NONE, 5);
  const [runSet, busy] = useAction(set, (name) => `The limit on ${name} is set.`);
  const [runRemove] = useAction(remove, (limit) => `The limit on ${limit.name} is taken away.`);
  const usage = new Map((data?.flow_concurrency ?? []).map((one) => [one.label, one.usage ?? 0]));
  return (
    <LimitTable
      noun="label"
      limits={(data?.flow_concurrency_limit ?? []).map((one) => ({
        id: one.id,
        name: one.name,
        limit: one.limit,
        usage: usage.get(one.name) ?? 0,
      }))}
      error={error}
      loading={loading}
      empty={
        <Empty title="No label is limited">
          A limit on a label says how many flow runs with it may be under way at once; others wait.
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
  const { data, error, loading } = useAsk(FlowSlotHoldersDocument, { label: [name] });
  return <Holders kind="flow" runs={data?.flow_run ?? []} error={error} loading={loading} />;
}
