/** The text of a notification (contract ui-and-cloud.md A.2.8); unknown kinds are shown by their kind. */
export function textOf(message: { type: string | null; content: unknown }): string {
  const content = (message.content ?? {}) as Record<string, unknown>;
  if (typeof content.message === "string") return content.message;
  if (typeof content.title === "string") return content.title;
  const event = content.event as { state?: string; flow?: { name?: string } } | undefined;
  if (event) return `${event.flow?.name ?? "A flow"}: ${event.state ?? "changed"}`;
  return message.type ?? "Notification";
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The page of what a notification is about; none where it is about nothing that has one. */
export function subjectOf(message: { content: unknown }): string | undefined {
  const content = (message.content ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const event = content.event as { flow_run?: { id?: unknown }; is_test_event?: unknown } | undefined;
  const run = event?.is_test_event ? undefined : event?.flow_run?.id;
  if (typeof run === "string" && UUID.test(run)) return `/flow-run/${run}`;
  const task = content.task_run?.id;
  if (typeof task === "string" && UUID.test(task)) return `/task-run/${task}`;
  return undefined;
}
