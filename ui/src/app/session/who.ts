import { apiKey } from "@/api/key";
import { useStore } from "@/lib/store";

/** Whether this page is shown what belongs to no team. A key opens the teams of its user only. */
export function useWholeServer(): boolean {
  return !useStore(apiKey);
}
