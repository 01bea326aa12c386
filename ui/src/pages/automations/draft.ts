/** What the wizard has been told so far: nothing yet, or what an automation says that is to be changed. */
import type { ChosenFlow } from "@/components/flow-choice/flow-choice";
import type { Texts } from "@/components/form-fields";
import type { EventKind } from "./kinds";

export interface Draft {
  event: EventKind;
  states: string[];
  flows: ChosenFlow[];
  seconds: string;
  /** Id of an agent config, or "" for a new one. */
  config: string;
  configName: string;
  healthy: string;
  /** Id of an action, or "" for a new one. */
  action: string;
  actionName: string;
  kind: string;
  texts: Texts;
  actionFlow: ChosenFlow[];
}

export const FRESH: Draft = {
  event: "state",
  states: [],
  flows: [],
  seconds: "600",
  config: "",
  configName: "",
  healthy: "1",
  action: "",
  actionName: "",
  kind: "webhook",
  texts: {},
  actionFlow: [],
};

interface Sla {
  id: string;
  flow_groups: readonly { flow_group_id: string }[];
}

interface KnownSla {
  kind: string;
  duration_seconds: number;
  flow_groups: Sla["flow_groups"];
}

type Tags = Record<string, string[] | undefined>;

/** The draft that would make this automation; undefined for one that the wizard cannot make (two SLAs in one). */
export function draftOf(
  hook: { event_type: string; event_tags: unknown; action_id: string },
  known: { flows: ReadonlyMap<string, string>; slas: ReadonlyMap<string, KnownSla> },
): Draft | undefined {
  const tags = (hook.event_tags ?? {}) as Tags;
  const draft = { ...FRESH, action: hook.action_id };
  const flows = (groups: readonly string[]) =>
    groups.map(
      (id): ChosenFlow => ({
        flow_group_id: id,
        name: known.flows.get(id) ?? id.slice(0, 8),
        version_group_id: null,
      }),
    );
  if (hook.event_type === "FlowRunStateChangedEvent")
    return { ...draft, event: "state", states: tags.state ?? [], flows: flows(tags.flow_group_id ?? []) };
  const [id, ...more] = tags.flow_sla_config_id ?? tags.agent_config_id ?? [];
  if (!id || more.length) return undefined;
  if (hook.event_type === "AgentSLAFailedEvent") return { ...draft, event: "agent", config: id };
  const sla = known.slas.get(id);
  if (hook.event_type !== "FlowSLAFailedEvent" || !sla) return undefined;
  return {
    ...draft,
    event: sla.kind === "SCHEDULED_NOT_STARTED" ? "not_started" : "not_finished",
    seconds: String(sla.duration_seconds),
    flows: flows(sla.flow_groups.map((one) => one.flow_group_id)),
  };
}

/** An SLA that no hook waits for, and that holds for no flow but the wanted ones. */
export function unusedSla(
  slas: readonly Sla[],
  hooks: readonly { event_tags: unknown }[],
  groups: readonly string[],
): string | undefined {
  const used = new Set(hooks.flatMap((hook) => ((hook.event_tags ?? {}) as Tags).flow_sla_config_id ?? []));
  return slas.find(
    (sla) => !used.has(sla.id) && sla.flow_groups.every((one) => groups.includes(one.flow_group_id)),
  )?.id;
}
