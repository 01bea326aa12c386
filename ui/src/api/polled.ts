import type { DocumentInput, OperationContext } from "@urql/core";
import { useEffect } from "react";
import { usePageVisible } from "@/lib/visibility";
import { type Loaded, useAsk } from "./live";

/**
 * For what would be dear as a subscription (counts over history): asked when the variables change and each `seconds`
 * while the tab is seen.
 */
export function usePolled<Data, V extends Record<string, unknown>>(
  document: DocumentInput<Data, V>,
  variables: V,
  seconds: number,
  context?: Partial<OperationContext>,
): Loaded<Data> & { refresh: () => void } {
  const visible = usePageVisible();
  const asked = useAsk<Data, V>(document, variables, context ? { context } : {});
  const { refresh } = asked;
  // biome-ignore lint/correctness/useExhaustiveDependencies: refresh is another function each time
  useEffect(() => {
    if (!visible) return;
    const timer = setInterval(refresh, seconds * 1000);
    return () => clearInterval(timer);
  }, [visible, seconds, JSON.stringify(variables)]);
  return asked;
}
