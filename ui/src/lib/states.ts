/** Prefect's states: their order, their colours, and which belong together (contract server.md 3.6). */

export const FLOW_RUN_STATES = [
  "Scheduled",
  "Queued",
  "Submitted",
  "Running",
  "Cancelling",
  "Paused",
  "Retrying",
  "Resume",
  "Pending",
  "Success",
  "Failed",
  "TriggerFailed",
  "TimedOut",
  "Cancelled",
  "Cached",
  "Mapped",
  "Looped",
  "Skipped",
  "Finished",
  "ClientFailed",
  "Aborted",
  "ValidationFailed",
] as const;

export const ACTIVE = ["Submitted", "Running", "Cancelling"];
export const FAILED = ["Failed", "TriggerFailed", "TimedOut", "ClientFailed", "ValidationFailed", "Aborted"];
export const SUCCEEDED = ["Success", "Cached", "Mapped", "Skipped", "Looped"];
export const WAITING = ["Scheduled", "Queued", "Paused", "Retrying", "Resume", "Pending"];

/** What a state comes to, for those who count. */
export type Outcome = "succeeded" | "failed" | "cancelled" | "active" | "waiting";

export function outcomeOf(state: string | null | undefined): Outcome {
  if (!state) return "waiting";
  if (FAILED.includes(state)) return "failed";
  if (ACTIVE.includes(state)) return "active";
  if (state === "Cancelled") return "cancelled";
  if (WAITING.includes(state)) return "waiting";
  return "succeeded";
}

export function isFinished(state: string | null | undefined): boolean {
  const outcome = outcomeOf(state);
  return outcome !== "active" && outcome !== "waiting";
}

const COLOURS: Record<string, string> = {
  Success: "#1a8a4a",
  Cached: "#2f9e8f",
  Mapped: "#5c7f3a",
  Looped: "#4d8b6f",
  Skipped: "#6b8f71",
  Finished: "#4a7c59",
  Failed: "#d92d20",
  TriggerFailed: "#c4541b",
  TimedOut: "#b93815",
  ValidationFailed: "#a8324a",
  ClientFailed: "#a8324a",
  Aborted: "#a8324a",
  Cancelled: "#7a7f8c",
  Cancelling: "#96713f",
  Running: "#2563eb",
  Submitted: "#0e7bb8",
  Queued: "#a05c9c",
  Paused: "#7a5af8",
  Retrying: "#dc8a0c",
  Resume: "#6172f3",
  Scheduled: "#c29200",
  Pending: "#8a94a6",
};

/** The colour of a state, the same in charts, bars and badges, in light and dark. */
export function colourOf(state: string | null | undefined): string {
  return COLOURS[state ?? "Pending"] ?? "#8a94a6";
}
