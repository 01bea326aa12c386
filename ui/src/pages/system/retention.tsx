import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { useAsk } from "@/api/live";
import { useTenants } from "@/app/tenant";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/fields";
import { Facts, Failure, Panel, Skeleton } from "@/components/panel";
import { RetentionDocument, SetRetentionDocument } from "./retention.gen";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const MOST = 36_500;
const KINDS = {
  flow_runs_days: "Finished flow runs",
  states_days: "States",
  logs_days: "Logs",
  artifacts_days: "Artifacts",
  messages_days: "Notifications",
} as const;
type Kind = keyof typeof KINDS;
type Policy = Partial<Record<Kind, number | null>>;

const NAMES = Object.keys(KINDS) as Kind[];
const save = (tenant: string, days: Policy) => act(SetRetentionDocument, { tenant, ...days });

function told(days: number | null | undefined): string {
  if (days == null) return "as the server says";
  return days === 0 ? "for ever" : `${days} days`;
}

/** How long the team's data are kept. */
export function Retention() {
  const { tenant } = useTenants();
  const variables = useMemo(() => ({ tenant: tenant?.id ?? NOBODY }), [tenant?.id]);
  const { data, error, loading, refresh } = useAsk(RetentionDocument, variables, { pause: !tenant });
  const [editing, setEditing] = useState(false);
  const policy: Policy = data?.retention_policy[0] ?? {};
  return (
    <Panel
      title="Kept for"
      actions={
        <Button disabled={!data || !tenant} onClick={() => setEditing(true)}>
          Change
        </Button>
      }
    >
      <Failure error={error} />
      {loading ? <Skeleton /> : <Facts facts={NAMES.map((name) => [KINDS[name], told(policy[name])])} />}
      {editing && tenant && (
        <RetentionDialog
          tenant={tenant.id}
          policy={policy}
          onClose={() => setEditing(false)}
          onDone={refresh}
        />
      )}
    </Panel>
  );
}

function RetentionDialog({
  tenant,
  policy,
  onClose,
  onDone,
}: {
  tenant: string;
  policy: Policy;
  onClose: () => void;
  onDone: () => void;
}) {
  const [texts, setTexts] = useState(
    () =>
      Object.fromEntries(NAMES.map((name) => [name, policy[name]?.toString() ?? ""])) as Record<Kind, string>,
  );
  const [run, busy] = useAction(save, "It is kept as you say from now on.");
  const wrong = (text: string) =>
    !text.trim() || (/^\d+$/.test(text.trim()) && Number(text) <= MOST)
      ? undefined
      : `Give 1 to ${MOST.toLocaleString()} days, 0 for ever, or nothing.`;
  return (
    <Dialog
      open
      onClose={onClose}
      title="How long data are kept"
      description="In days. 0 keeps for ever; nothing is as the server says. What is older is deleted within the hour and cannot be brought back; `lictor retention preview` shows what would go."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={async (event) => {
          event.preventDefault();
          if (NAMES.some((name) => wrong(texts[name]))) return;
          const days = Object.fromEntries(
            NAMES.map((name) => [name, texts[name].trim() ? Number(texts[name]) : null]),
          ) as Policy;
          if (await run(tenant, days)) {
            onDone();
            onClose();
          }
        }}
      >
        {NAMES.map((name) => (
          <Field key={name} label={KINDS[name]} error={wrong(texts[name])}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="numeric"
                value={texts[name]}
                onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
