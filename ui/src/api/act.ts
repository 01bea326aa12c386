/** Mutations: done, told, and their failure told in the server's words. */
import type { DocumentInput } from "@urql/core";
import { useCallback, useState } from "react";
import { tell } from "@/components/toast";
import { client } from "./client";
import { messageOf } from "./live";

/** Runs a mutation. Throws an Error with the server's words when it fails. */
export async function act<Data, V extends Record<string, unknown>>(
  document: DocumentInput<Data, V>,
  variables: V,
): Promise<Data> {
  const result = await client.mutation<Data, V>(document, variables).toPromise();
  if (result.error) throw new Error(messageOf(result.error));
  return result.data as Data;
}

/**
 * `[run, busy]`: runs `work`, says `done` (if any) when it is done and what went wrong when not. `run` answers whether
 * it went well.
 */
export function useAction<Arguments extends unknown[]>(
  work: (...given: Arguments) => Promise<unknown>,
  done?: string | ((...given: Arguments) => string),
): [(...given: Arguments) => Promise<boolean>, boolean] {
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    async (...given: Arguments) => {
      setBusy(true);
      try {
        await work(...given);
        if (done) tell(typeof done === "string" ? done : done(...given));
        return true;
      } catch (error) {
        tell(error instanceof Error ? error.message : String(error), "error");
        return false;
      } finally {
        setBusy(false);
      }
    },
    [work, done],
  );
  return [run, busy];
}
