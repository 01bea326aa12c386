/** The types of cloud hooks and the fields of their configs (contract server.md 3.6.11). */
import type { FormField } from "@/components/form-fields";
import { FLOW_RUN_STATES } from "@/lib/states";

const URL: FormField = { key: "url", label: "Address", kind: "url" };
export const SEVERITIES = ["info", "warning", "error", "critical"].map((value) => ({ value, label: value }));

export const HOOK_TYPES: Record<string, { title: string; does: string; fields: readonly FormField[] }> = {
  WEBHOOK: { title: "Webhook", does: "POSTs the event as JSON, signed", fields: [URL] },
  SLACK_WEBHOOK: {
    title: "Slack",
    does: "Writes into a Slack channel",
    fields: [
      { ...URL, label: "Address of the incoming webhook", help: "https://hooks.slack.com/services/…" },
    ],
  },
  TWILIO: {
    title: "Twilio",
    does: "Sends text messages",
    fields: [
      { key: "account_sid", label: "Account SID", kind: "text" },
      { key: "auth_token", label: "Auth token", kind: "password" },
      { key: "messaging_service_sid", label: "Messaging service SID", kind: "text" },
      {
        key: "to",
        label: "Telephone numbers",
        kind: "list",
        help: "With the country, as +4930123456; one a line.",
      },
    ],
  },
  PAGERDUTY: {
    title: "PagerDuty",
    does: "Raises an incident",
    fields: [
      { key: "api_token", label: "API token", kind: "password" },
      { key: "routing_key", label: "Routing key", kind: "text" },
      { key: "severity", label: "Severity", kind: "choice", choices: SEVERITIES },
    ],
  },
  PREFECT_MESSAGE: { title: "Notification", does: "Writes a notification here", fields: [] },
};

/** The states a hook may wait for; it hears of exactly these. */
export const HOOK_STATES: readonly string[] = FLOW_RUN_STATES.filter((state) => state !== "Aborted");

export function stateTitle(upper: string): string {
  return HOOK_STATES.find((state) => state.toUpperCase() === upper) ?? upper;
}
