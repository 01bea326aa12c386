import { Field, Input, Select } from "@/components/fields";
import { FlowChoice } from "@/components/flow-choice/flow-choice";
import { StateChoice } from "@/components/state-choice";
import type { AutomationsQuery } from "./automations.gen";
import type { Draft } from "./draft";
import { EVENTS, type EventKind } from "./kinds";

function secondsProblem(text: string): string | undefined {
  const value = Number(text);
  return text.trim() && Number.isInteger(value) && value > 0
    ? undefined
    : "Give a whole number of seconds, 1 or more.";
}

/** What is missing for the event; undefined when nothing is. */
export function eventProblem(draft: Draft): string | undefined {
  if (draft.event === "state") return draft.states.length ? undefined : "Choose at least one state.";
  if (draft.event === "agent") {
    if (draft.config) return undefined;
    if (!draft.configName.trim()) return "Give the config a name.";
    return /^[1-9]\d{0,5}$/.test(draft.healthy.trim()) ? undefined : "Give a whole number, 1 or more.";
  }
  return draft.flows.length ? secondsProblem(draft.seconds) : "Choose at least one flow.";
}

export function EventStep({
  draft,
  onChange,
  configs,
  told,
}: {
  draft: Draft;
  onChange: (changed: Partial<Draft>) => void;
  configs: AutomationsQuery["agent_config"];
  told: boolean;
}) {
  const problem = told ? eventProblem(draft) : undefined;
  return (
    <>
      <Field label="When">
        {(ids) => (
          <Select
            {...ids}
            value={draft.event}
            onChange={(event) => onChange({ event: event.target.value as EventKind })}
          >
            {Object.entries(EVENTS).map(([kind, title]) => (
              <option key={kind} value={kind}>
                {title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {draft.event === "state" && (
        <StateChoice chosen={draft.states} onChange={(states) => onChange({ states })} error={problem} />
      )}
      {draft.event === "agent" ? (
        <AgentConfig draft={draft} onChange={onChange} configs={configs} problem={problem} />
      ) : (
        <FlowChoice
          legend="Flows"
          chosen={draft.flows}
          onChange={(flows) => onChange({ flows })}
          none={
            draft.event === "state" ? "None chosen: the runs of all flows count." : "Choose at least one."
          }
          error={draft.event !== "state" && problem && !draft.flows.length ? problem : undefined}
        />
      )}
      {(draft.event === "not_started" || draft.event === "not_finished") && (
        <Field
          label="Seconds"
          help={
            draft.event === "not_started"
              ? "From the time a run was scheduled for until an agent has taken it."
              : "From the first Running until the run is finished."
          }
          error={told ? secondsProblem(draft.seconds) : undefined}
        >
          {(ids) => (
            <Input
              {...ids}
              inputMode="numeric"
              value={draft.seconds}
              onChange={(event) => onChange({ seconds: event.target.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}

function AgentConfig({
  draft,
  onChange,
  configs,
  problem,
}: {
  draft: Draft;
  onChange: (changed: Partial<Draft>) => void;
  configs: AutomationsQuery["agent_config"];
  problem: string | undefined;
}) {
  return (
    <>
      <Field label="Agent config" help="Agents belong to one when started with --agent-config-id.">
        {(ids) => (
          <Select
            {...ids}
            value={draft.config}
            onChange={(event) => onChange({ config: event.target.value })}
          >
            <option value="">A new one</option>
            {configs.map((config) => (
              <option key={config.id} value={config.id}>
                {config.name ?? config.id}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {!draft.config && (
        <>
          <Field
            label="Name of the new config"
            error={problem && !draft.configName.trim() ? problem : undefined}
          >
            {(ids) => (
              <Input
                {...ids}
                value={draft.configName}
                onChange={(event) => onChange({ configName: event.target.value })}
              />
            )}
          </Field>
          <Field
            label="Least number of healthy agents"
            error={problem && draft.configName.trim() ? problem : undefined}
          >
            {(ids) => (
              <Input
                {...ids}
                inputMode="numeric"
                value={draft.healthy}
                onChange={(event) => onChange({ healthy: event.target.value })}
              />
            )}
          </Field>
        </>
      )}
    </>
  );
}
