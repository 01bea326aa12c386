/** Makes an automation: the action (if new), what the event needs, and the hook that joins them; or nothing. */
import { act } from "@/api/act";
import { client } from "@/api/client";
import { messageOf } from "@/api/live";
import type { Flow_Sla_Kind } from "@/api/types.gen";
import {
  AttachSlaDocument,
  CreateActionDocument,
  CreateAgentConfigDocument,
  CreateAgentHookDocument,
  CreateSlaDocument,
  CreateSlaHookDocument,
  CreateStateHookDocument,
  DeleteActionDocument,
  DeleteAgentConfigDocument,
  DeleteAutomationDocument,
  EqualSlasDocument,
} from "./automations.gen";
import { unusedSla } from "./draft";
import type { EventKind } from "./kinds";

export interface Wanted {
  event: EventKind;
  states: string[];
  groups: string[];
  seconds: number;
  /** A config there is, or the name of a new one. */
  agentConfig: { id: string } | { name: string; healthy: number };
  action: { id: string } | { name: string | null; config: Record<string, unknown> };
}

function idOf(payload: { id?: string | null } | null | undefined): string {
  if (!payload?.id) throw new Error("The server has not said what it made.");
  return payload.id;
}

type Undo = () => Promise<unknown>;

/** Makes it, in place of the automation `old` if one is given. What was made is taken back when a later step fails. */
export async function createAutomation(
  wanted: Wanted,
  tenant: string | null,
  old?: string | undefined,
): Promise<void> {
  const made: Undo[] = [];
  try {
    const action = await actionOf(wanted, tenant, made);
    const hook = idOf(await createHook(wanted, action, tenant, made));
    made.push(() => act(DeleteAutomationDocument, { id: hook }));
    if (old) await act(DeleteAutomationDocument, { id: old });
  } catch (error) {
    // The last first: an action or a config that a hook needs cannot go before it. The first failure is what is told.
    for (const undo of made.reverse()) await undo().catch(() => undefined);
    throw error;
  }
}

async function actionOf(wanted: Wanted, tenant: string | null, made: Undo[]): Promise<string> {
  if ("id" in wanted.action) return wanted.action.id;
  const id = idOf((await act(CreateActionDocument, { ...wanted.action, tenant })).create_action);
  made.push(() => act(DeleteActionDocument, { id }));
  return id;
}

async function createHook(wanted: Wanted, action: string, tenant: string | null, made: Undo[]) {
  if (wanted.event === "state") {
    const groups = wanted.groups.length ? wanted.groups : null;
    return (await act(CreateStateHookDocument, { action, states: wanted.states, groups }))
      .create_flow_run_state_changed_hook;
  }
  if (wanted.event === "agent") {
    const config = await configOf(wanted.agentConfig, tenant, made);
    return (await act(CreateAgentHookDocument, { action, configs: [config] })).create_agent_sla_failed_hook;
  }
  const kind = wanted.event === "not_started" ? "SCHEDULED_NOT_STARTED" : "STARTED_NOT_FINISHED";
  const sla = await slaOf(kind, wanted.seconds, wanted.groups, tenant);
  for (const group of wanted.groups) await act(AttachSlaDocument, { sla, group });
  return (await act(CreateSlaHookDocument, { action, slas: [sla] })).create_flow_sla_failed_hook;
}

async function configOf(config: Wanted["agentConfig"], tenant: string | null, made: Undo[]): Promise<string> {
  if ("id" in config) return config.id;
  const id = idOf((await act(CreateAgentConfigDocument, { ...config, tenant })).create_agent_config);
  made.push(() => act(DeleteAgentConfigDocument, { id }));
  return id;
}

/**
 * An SLA of that kind. Prefect's API cannot delete one, so one that no automation waits for any more (left by an
 * attempt that failed, or by an automation that is gone) is used again; until then it does nothing.
 */
async function slaOf(
  kind: Flow_Sla_Kind,
  seconds: number,
  groups: readonly string[],
  tenant: string | null,
): Promise<string> {
  const found = await client.query(EqualSlasDocument, { kind, seconds }).toPromise();
  if (found.error) throw new Error(messageOf(found.error));
  const again = unusedSla(found.data?.flow_sla_config ?? [], found.data?.hook ?? [], groups);
  return again ?? idOf((await act(CreateSlaDocument, { kind, seconds, tenant })).create_flow_sla_config);
}
