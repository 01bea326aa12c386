/** Data of pages: live by subscription while the tab is seen, or asked once. */
import type { DocumentInput, OperationContext } from "@urql/core";
import { useQuery, useSubscription } from "urql";
import { usePageVisible } from "@/lib/visibility";

export interface Loaded<Data> {
  data: Data | undefined;
  /** What went wrong, in the server's words; data that came before stays. */
  error: string | undefined;
  loading: boolean;
}

type Variables = Record<string, unknown>;

/**
 * The newest answer to a subscription. A hidden tab stops listening and keeps what it has; seen again, it goes on.
 */
export function useLive<Data, V extends Variables>(
  document: DocumentInput<Data, V>,
  variables: V,
  options: { pause?: boolean } = {},
): Loaded<Data> {
  const visible = usePageVisible();
  const [state] = useSubscription<Data, Data, V>({
    query: document,
    variables,
    pause: options.pause || !visible,
  });
  return {
    data: state.data ?? undefined,
    error: state.error ? messageOf(state.error) : undefined,
    loading: state.data === undefined && !state.error,
  };
}

/** The answer to a query, asked when the variables change and by `refresh`. */
export function useAsk<Data, V extends Variables>(
  document: DocumentInput<Data, V>,
  variables: V,
  options: { pause?: boolean; context?: Partial<OperationContext> } = {},
): Loaded<Data> & { refresh: () => void } {
  const [state, execute] = useQuery<Data, V>({
    query: document,
    variables,
    pause: options.pause ?? false,
    requestPolicy: "network-only",
    ...(options.context ? { context: options.context } : {}),
  });
  return {
    data: state.data,
    error: state.error ? messageOf(state.error) : undefined,
    loading: state.fetching && state.data === undefined,
    refresh: () => execute({ requestPolicy: "network-only" }),
  };
}

interface Failure {
  message: string;
  networkError?: Error;
  graphQLErrors?: { message: string }[];
}

/** What to tell somebody about a failure. */
export function messageOf(error: Failure): string {
  if (error.networkError) return "The server cannot be reached.";
  return error.graphQLErrors?.map((one) => one.message).join(" ") || error.message;
}
