import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Labels } from "@/components/badge";
import { Button } from "@/components/button";
import { Deliveries } from "@/components/deliveries/deliveries";
import { ConfirmButton } from "@/components/dialog";
import { Switch } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Pager, Table } from "@/components/table";
import { Tabs } from "@/components/tabs";
import { useFilters } from "@/lib/filters";
import { HookDialog } from "./hook";
import {
  ActivateHookDocument,
  DeactivateHookDocument,
  DeleteHookDocument,
  HookFlowsDocument,
  HooksDocument,
  type HooksQuery,
  TestHookDocument,
} from "./hooks.gen";
import { HOOK_TYPES, stateTitle } from "./types";

const DEFAULTS = { page: 0, tab: "", target: "" };
const SIZE = 50;
export type Hook = HooksQuery["cloud_hook"][number];

const toggle = (hook: Hook) =>
  act(hook.active ? DeactivateHookDocument : ActivateHookDocument, { id: hook.id });
const remove = (hook: Hook) => act(DeleteHookDocument, { id: hook.id });
const test = async (hook: Hook) => {
  const { test_cloud_hook: result } = await act(TestHookDocument, { id: hook.id, state: "SUCCESS" });
  if (!result?.success) throw new Error(`The test has failed: ${result?.error ?? "nobody says why"}`);
};

/** Who is told when flow runs enter states. */
export default function Hooks() {
  const [edited, setEdited] = useState<Hook | "new">();
  const [saved, setSaved] = useState(0);
  return (
    <>
      <PageHeader
        title="Cloud hooks"
        detail="Tell others when flow runs enter the states you choose."
        actions={
          <Button kind="primary" icon={<Plus className="size-4" />} onClick={() => setEdited("new")}>
            New hook
          </Button>
        }
      />
      <Tabs
        label="Cloud hooks"
        tabs={[
          { key: "hooks", title: "Hooks", content: () => <List key={saved} onEdit={setEdited} /> },
          {
            key: "deliveries",
            title: "Deliveries",
            content: () => <Deliveries kind="cloud_hook" noun="hook" />,
          },
        ]}
      />
      {edited && (
        <HookDialog
          hook={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onDone={() => setSaved(saved + 1)}
        />
      )}
    </>
  );
}

function List({ onEdit }: { onEdit: (hook: Hook) => void }) {
  const [{ page }, change] = useFilters(DEFAULTS);
  const variables = useMemo(() => ({ limit: SIZE, offset: page * SIZE }), [page]);
  const { data, error, loading, refresh } = usePolled(HooksDocument, variables, 15);
  const hooks = data?.cloud_hook ?? [];
  const groups = hooks.flatMap((hook) => hook.version_group_id ?? []);
  const flows = useAsk(
    HookFlowsDocument,
    { where: { version_group_id: { _in: [...new Set(groups)].sort() } } },
    { pause: !groups.length },
  );
  const names = new Map(flows.data?.flow.map((flow) => [flow.version_group_id, flow.name]));
  const [runToggle] = useAction(toggle, (hook) => (hook.active ? "The hook is off." : "The hook is on."));
  const [runTest, testing] = useAction(test, "The test event is sent.");
  const [runRemove] = useAction(remove, "The hook is deleted.");
  const then =
    (work: (hook: Hook) => Promise<boolean>) =>
    async (hook: Hook): Promise<void> => {
      await work(hook);
      refresh();
    };
  return (
    <Panel flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Hooks"
          rows={hooks}
          rowKey={(hook) => hook.id}
          empty={
            <Empty title="Nobody is told yet">
              Make a hook: a webhook, Slack, Twilio, PagerDuty, or a notification on these pages.
            </Empty>
          }
          columns={[
            {
              key: "active",
              header: "On",
              cell: (hook) => (
                <Switch
                  hideLabel
                  label={`${nameOf(hook)} is on`}
                  checked={hook.active}
                  onChange={() => void then(runToggle)(hook)}
                />
              ),
            },
            {
              key: "name",
              header: "Name",
              cell: (hook) => (
                <button type="button" className="font-medium hover:underline" onClick={() => onEdit(hook)}>
                  {nameOf(hook)}
                </button>
              ),
            },
            {
              key: "type",
              header: "Type",
              wide: true,
              cell: (hook) => HOOK_TYPES[hook.type]?.title ?? hook.type,
            },
            {
              key: "flows",
              header: "Flow",
              wide: true,
              cell: (hook) =>
                hook.version_group_id ? (names.get(hook.version_group_id) ?? hook.version_group_id) : "all",
            },
            {
              key: "states",
              header: "States",
              cell: (hook) => <Labels labels={((hook.states ?? []) as string[]).map(stateTitle)} />,
            },
            {
              key: "do",
              header: <span className="sr-only">What can be done</span>,
              align: "right",
              cell: (hook) => (
                <>
                  <Button kind="ghost" busy={testing} onClick={() => void then(runTest)(hook)}>
                    Test
                  </Button>
                  <Button
                    kind="ghost"
                    onClick={() => change({ tab: "deliveries", target: hook.id, page: 0 })}
                  >
                    Deliveries
                  </Button>
                  <ConfirmButton
                    kind="ghost"
                    question={`Delete ${nameOf(hook)}?`}
                    detail="What it was still to tell is deleted with it."
                    confirm="Delete"
                    onConfirm={() => then(runRemove)(hook)}
                  >
                    Delete
                  </ConfirmButton>
                </>
              ),
            },
          ]}
        />
      )}
      <Pager page={page} size={SIZE} count={hooks.length} onPage={(next) => change({ page: next })} />
    </Panel>
  );
}

function nameOf(hook: Hook): string {
  return hook.name || `${HOOK_TYPES[hook.type]?.title ?? hook.type} hook`;
}
