import { useMemo } from "react";
import { useNow } from "./time";

export const WINDOWS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 };
export type WindowName = keyof typeof WINDOWS;

/**
 * When the window began, in steps of a minute: the same for everybody who looks within it, so that they share one
 * question.
 */
export function useSince(name: string): string {
  const minute = Math.floor(useNow() / 60_000) * 60_000;
  const length = WINDOWS[name as WindowName] ?? WINDOWS.day;
  return useMemo(() => new Date(minute - length).toISOString(), [minute, length]);
}
