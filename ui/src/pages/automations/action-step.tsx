import { Tag } from "@/components/badge";
import { Field, Input, Select } from "@/components/fields";
import { FlowChoice } from "@/components/flow-choice/flow-choice";
import { configOf, FormFields, problemOf } from "@/components/form-fields";
import type { AutomationsQuery } from "./automations.gen";
import type { Wanted } from "./create";
import type { Draft } from "./draft";
import { ACTIONS, actionTitle, TEMPLATE_FIELDS } from "./kinds";

const ofRuns = (config: unknown) => Boolean(ACTIONS[Object.keys((config ?? {}) as object)[0] ?? ""]?.ofRuns);

/** What is missing for the action; undefined when nothing is. */
export function actionProblem(draft: Draft): string | undefined {
  if (draft.action) return undefined;
  const kind = ACTIONS[draft.kind];
  if (!kind) return "Choose what is done.";
  if (kind.ofRuns && draft.event === "agent") return "This needs an event of a flow run.";
  if (kind.flow === "required" && !draft.actionFlow.length) return "Choose a flow.";
  return kind.fields.map((field) => problemOf(field, draft.texts[field.key] ?? "")).find(Boolean);
}

export function actionOf(draft: Draft): Wanted["action"] {
  if (draft.action) return { id: draft.action };
  const kind = ACTIONS[draft.kind];
  const flow = kind?.flow ? draft.actionFlow[0]?.flow_group_id : undefined;
  const fields = { ...configOf(kind?.fields ?? [], draft.texts), ...(flow ? { flow_group_id: flow } : {}) };
  return { name: draft.actionName.trim() || null, config: { [draft.kind]: fields } };
}

export function ActionStep({
  draft,
  onChange,
  actions,
  told,
}: {
  draft: Draft;
  onChange: (changed: Partial<Draft>) => void;
  actions: AutomationsQuery["action"];
  told: boolean;
}) {
  const agents = draft.event === "agent";
  const kind = ACTIONS[draft.kind];
  const usable = actions.filter((action) => !(agents && ofRuns(action.config)));
  return (
    <>
      {usable.length > 0 && (
        <Field label="Action">
          {(ids) => (
            <Select
              {...ids}
              value={draft.action}
              onChange={(event) => onChange({ action: event.target.value })}
            >
              <option value="">A new one</option>
              {usable.map((action) => (
                <option key={action.id} value={action.id}>
                  {actionTitle(action)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {!draft.action && (
        <>
          <Field
            label="Then"
            error={told && kind?.ofRuns && agents ? "This needs an event of a flow run." : undefined}
          >
            {(ids) => (
              <Select
                {...ids}
                value={draft.kind}
                onChange={(event) => onChange({ kind: event.target.value })}
              >
                {Object.entries(ACTIONS)
                  .filter(([, one]) => !(agents && one.ofRuns))
                  .map(([key, one]) => (
                    <option key={key} value={key}>
                      {one.title}
                    </option>
                  ))}
              </Select>
            )}
          </Field>
          <Field label="Name (optional)">
            {(ids) => (
              <Input
                {...ids}
                value={draft.actionName}
                onChange={(event) => onChange({ actionName: event.target.value })}
              />
            )}
          </Field>
          {kind?.flow && (
            <FlowChoice
              single
              legend="Flow"
              chosen={draft.actionFlow}
              onChange={(actionFlow) => onChange({ actionFlow })}
              none={kind.flow === "optional" ? "None chosen: the flow of the event." : "Choose a flow."}
              error={
                told && kind.flow === "required" && !draft.actionFlow.length ? "Choose a flow." : undefined
              }
            />
          )}
          <FormFields
            fields={kind?.fields ?? []}
            texts={draft.texts}
            onChange={(texts) => onChange({ texts })}
            told={told}
          />
          <details>
            <summary className="text-muted">Fields of this event that texts can name, as {"{state}"}</summary>
            <p className="mt-2 flex flex-wrap gap-1">
              {TEMPLATE_FIELDS[draft.event].map((field) => (
                <Tag key={field}>{`{${field}}`}</Tag>
              ))}
            </p>
          </details>
        </>
      )}
    </>
  );
}
