/** The kinds of events and actions, in words, and the fields of each action (contract ui-and-cloud.md B.4). */

import type { FormField } from "@/components/form-fields";
import { SEVERITIES } from "@/pages/hooks/types";

export const EVENTS = {
  state: "A flow run enters a state",
  not_started: "A flow run does not start in time",
  not_finished: "A flow run does not finish in time",
  agent: "Too few agents are healthy",
} as const;
export type EventKind = keyof typeof EVENTS;

const TEMPLATE = "{field} is replaced by a field of the event.";
const SECRET = "The name of a secret of this team.";
const MESSAGE: FormField = {
  key: "message",
  label: "Message",
  kind: "long",
  optional: true,
  help: `Without it a sentence about the event. ${TEMPLATE}`,
};

interface ActionKind {
  title: string;
  /** Needs an event of a flow run. */
  ofRuns?: boolean;
  /** Which flow: none, one that must be chosen, or one that may be. */
  flow?: "required" | "optional";
  fields: readonly FormField[];
}

export const ACTIONS: Record<string, ActionKind> = {
  webhook: {
    title: "Call a webhook",
    fields: [
      { key: "url", label: "Address", kind: "url" },
      {
        key: "payload",
        label: "Payload",
        kind: "json",
        optional: true,
        help: `A JSON object or list; without it all fields of the event. ${TEMPLATE}`,
      },
      { key: "headers", label: "Headers", kind: "json", optional: true, help: "A JSON object of texts." },
    ],
  },
  slack_notification: {
    title: "Write to Slack",
    fields: [
      { key: "webhook_url_secret", label: "Secret with the webhook's address", kind: "text", help: SECRET },
      MESSAGE,
    ],
  },
  teams_webhook_notification: {
    title: "Write to Microsoft Teams",
    fields: [
      { key: "webhook_url_secret", label: "Secret with the webhook's address", kind: "text", help: SECRET },
      { key: "title", label: "Title", kind: "text", optional: true, help: TEMPLATE },
      MESSAGE,
    ],
  },
  email_notification: {
    title: "Send an e-mail",
    fields: [
      { key: "to_emails", label: "To", kind: "list" },
      { key: "subject", label: "Subject", kind: "text", optional: true, help: TEMPLATE },
      { ...MESSAGE, key: "body", label: "Text" },
    ],
  },
  twilio_notification: {
    title: "Send a text message (Twilio)",
    fields: [
      { key: "account_sid", label: "Account SID", kind: "text" },
      { key: "auth_token_secret", label: "Secret with the auth token", kind: "text", help: SECRET },
      { key: "messaging_service_sid", label: "Messaging service SID", kind: "text" },
      { key: "phone_numbers", label: "Telephone numbers", kind: "list" },
      MESSAGE,
    ],
  },
  pagerduty_notification: {
    title: "Raise a PagerDuty incident",
    fields: [
      { key: "routing_key", label: "Routing key", kind: "text" },
      { key: "severity", label: "Severity", kind: "choice", choices: SEVERITIES },
      {
        key: "api_token_secret",
        label: "Secret with the API token",
        kind: "text",
        optional: true,
        help: SECRET,
      },
      MESSAGE,
    ],
  },
  cancel_flow_run: {
    title: "Cancel the flow run",
    ofRuns: true,
    fields: [{ ...MESSAGE, help: `What its state says. ${TEMPLATE}` }],
  },
  pause_schedule: { title: "Pause a schedule", ofRuns: true, flow: "optional", fields: [] },
  create_flow_run: {
    title: "Start a flow run",
    ofRuns: true,
    flow: "required",
    fields: [
      { key: "flow_run_name", label: "Name of the run", kind: "text", optional: true },
      {
        key: "parameters",
        label: "Parameters",
        kind: "json",
        optional: true,
        help: `A JSON object. ${TEMPLATE}`,
      },
      { key: "context", label: "Context", kind: "json", optional: true, help: `A JSON object. ${TEMPLATE}` },
      { key: "labels", label: "Labels", kind: "list", optional: true },
      { key: "run_config", label: "Run config", kind: "json", optional: true, help: "A JSON object." },
    ],
  },
};

const ALL = ["id", "event_name", "message", "tenant_id", "tenant_slug", "timestamp"];
const RUN = [
  "flow_id",
  "flow_name",
  "flow_group_id",
  "flow_link",
  "flow_run_id",
  "flow_run_name",
  "flow_run_link",
  "state",
  "state_message",
];
const SLA = [...ALL, ...RUN, "flow_sla_config_id", "kind", "duration_seconds"];

/** What a template can name, by event. */
export const TEMPLATE_FIELDS: Record<EventKind, string[]> = {
  state: [...ALL, ...RUN],
  not_started: SLA,
  not_finished: SLA,
  agent: [...ALL, "agent_config_id", "healthy_agent_ids", "unhealthy_agent_ids", "sla_min_healthy"],
};

/** What an action does, in words. */
export function actionTitle(action: { name?: string | null; config: unknown } | undefined): string {
  if (!action) return "an action that is gone";
  const key = Object.keys((action.config ?? {}) as object)[0] ?? "";
  const title = ACTIONS[key]?.title ?? key;
  return action.name ? `${title}: ${action.name}` : title;
}

interface Known {
  flows: ReadonlyMap<string, string>;
  slas: ReadonlyMap<
    string,
    { kind: string; duration_seconds: number; flow_groups: readonly { flow_group_id: string }[] }
  >;
  configs: ReadonlyMap<string, string>;
}

const listed = (ids: readonly string[], names: ReadonlyMap<string, string>, none: string) =>
  ids.length ? ids.map((id) => names.get(id) ?? id.slice(0, 8)).join(", ") : none;

/** When an automation acts, in words. */
export function eventTitle(hook: { event_type: string; event_tags: unknown }, known: Known): string {
  const tags = (hook.event_tags ?? {}) as Record<string, string[] | undefined>;
  if (hook.event_type === "FlowRunStateChangedEvent")
    return `A run of ${listed(tags.flow_group_id ?? [], known.flows, "any flow")} becomes ${(tags.state ?? []).join(", ")}`;
  if (hook.event_type === "FlowSLAFailedEvent")
    return (tags.flow_sla_config_id ?? [])
      .map((id) => {
        const sla = known.slas.get(id);
        if (!sla) return "An SLA that is gone";
        const groups = sla.flow_groups.map((one) => one.flow_group_id);
        const verb = sla.kind === "SCHEDULED_NOT_STARTED" ? "does not start" : "does not finish";
        return `A run of ${listed(groups, known.flows, "no flow")} ${verb} within ${sla.duration_seconds} s`;
      })
      .join("; ");
  if (hook.event_type === "AgentSLAFailedEvent")
    return `Too few agents of ${listed(tags.agent_config_id ?? [], known.configs, "no config")} are healthy`;
  return hook.event_type;
}
