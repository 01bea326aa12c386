/** An agent's health by when it last asked for work (the original UI's thresholds, contract ui-and-cloud.md A.2.2). */
export type Health = "healthy" | "stale" | "gone";

export const STALE = 5 * 60_000;
export const GONE = 12 * 60 * 60_000;

export function healthOf(lastQueried: string | null | undefined, now: number): Health {
  if (!lastQueried) return "gone";
  const silence = now - Date.parse(lastQueried);
  if (silence < STALE) return "healthy";
  return silence < GONE ? "stale" : "gone";
}
