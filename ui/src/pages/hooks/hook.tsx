import { useState } from "react";
import { act, useAction } from "@/api/act";
import { useAsk } from "@/api/live";
import { useTenants } from "@/app/tenant";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Input, Select } from "@/components/fields";
import { type ChosenFlow, FlowChoice } from "@/components/flow-choice/flow-choice";
import { configOf, FormFields, problemOf, textsOf } from "@/components/form-fields";
import { StateChoice } from "@/components/state-choice";
import {
  CreateHookDocument,
  type CreateHookMutationVariables,
  DeactivateHookDocument,
  DeleteHookDocument,
  HookFlowsDocument,
} from "./hooks.gen";
import type { Hook } from "./page";
import { HOOK_TYPES, stateTitle } from "./types";

/** An edit is a new hook and the end of the old one, as the API has it: nothing is lost when the new one is refused. */
async function save(wanted: CreateHookMutationVariables, old: Hook | undefined): Promise<void> {
  const made = await act(CreateHookDocument, wanted);
  const id = made.create_cloud_hook?.id;
  if (!old || !id) return;
  if (!old.active) await act(DeactivateHookDocument, { id });
  await act(DeleteHookDocument, { id: old.id });
}

export function HookDialog({
  hook,
  onClose,
  onDone,
}: {
  hook: Hook | undefined;
  onClose: () => void;
  onDone: () => void;
}) {
  const { tenant } = useTenants();
  const [type, setType] = useState(hook?.type ?? "WEBHOOK");
  const [name, setName] = useState(hook?.name ?? "");
  const [states, setStates] = useState<string[]>(((hook?.states ?? []) as string[]).map(stateTitle));
  const [texts, setTexts] = useState(() =>
    textsOf(HOOK_TYPES[type]?.fields ?? [], (hook?.config ?? {}) as Record<string, unknown>),
  );
  const [flows, setFlows] = useState<ChosenFlow[] | undefined>(hook?.version_group_id ? undefined : []);
  const [tried, setTried] = useState(false);
  const [run, busy] = useAction(save, "The hook is saved.");
  const before = useAsk(
    HookFlowsDocument,
    { where: { version_group_id: { _eq: hook?.version_group_id ?? "" } } },
    { pause: !hook?.version_group_id },
  );
  const group = flows ? (flows[0]?.version_group_id ?? null) : (hook?.version_group_id ?? null);
  const fields = HOOK_TYPES[type]?.fields ?? [];
  const bad = !states.length || fields.some((field) => problemOf(field, texts[field.key] ?? ""));
  return (
    <Dialog open wide onClose={onClose} title={hook ? "Edit the hook" : "New hook"}>
      <form
        className="flex flex-col gap-4"
        autoComplete="off"
        onSubmit={async (event) => {
          event.preventDefault();
          setTried(true);
          if (bad) return;
          const wanted = {
            type: type as CreateHookMutationVariables["type"],
            name: name.trim() || null,
            states: states.map((state) => state.toUpperCase()),
            config: configOf(fields, texts),
            group,
            tenant: tenant?.id ?? null,
          };
          if (await run(wanted, hook)) {
            onDone();
            onClose();
          }
        }}
      >
        <Field label="Type" help={HOOK_TYPES[type]?.does}>
          {(ids) => (
            <Select {...ids} value={type} onChange={(event) => setType(event.target.value)}>
              {Object.entries(HOOK_TYPES).map(([key, one]) => (
                <option key={key} value={key}>
                  {one.title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Name (optional)">
          {(ids) => <Input {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <FormFields fields={fields} texts={texts} onChange={setTexts} told={tried} />
        <StateChoice
          chosen={states}
          onChange={setStates}
          error={tried && !states.length ? "Choose at least one state." : undefined}
        />
        {flows ? (
          <FlowChoice
            single
            legend="Flow"
            chosen={flows}
            onChange={setFlows}
            none="None chosen: it hears of the runs of all flows."
          />
        ) : (
          <p>
            Only for runs of {before.data?.flow[0]?.name ?? hook?.version_group_id}.{" "}
            <Button onClick={() => setFlows([])}>Choose another</Button>
          </p>
        )}
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
