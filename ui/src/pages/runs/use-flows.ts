import { useEffect, useState } from "react";
import { client } from "@/api/client";
import { containing } from "@/lib/like";
import { RunsFlowsDocument } from "./runs.gen";

/** With more flows than this a name says too little: their runs are near the top of all runs anyway. */
const MOST = 500;

export interface Flows {
  name: string;
  /** Their ids; undefined where there is no name, or too many have it. */
  ids: string[] | undefined;
}

const ANY: Flows = { name: "", ids: undefined };

/**
 * The flows that a name finds, asked before their runs: Postgres knows how many runs a flow has, and that of one that
 * seldom runs it should not walk all there are. Anew each `minute`, for versions registered meanwhile; until an answer
 * is there, the last one, and undefined before the first.
 */
export function useFlows(name: string, minute: number): Flows | undefined {
  const [found, setFound] = useState<Flows>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew each minute
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      const variables = { name: containing(name), limit: MOST + 1 };
      const flow = name
        ? (await client.query(RunsFlowsDocument, variables).toPromise()).data?.flow
        : undefined;
      if (!gone)
        setFound({ name, ids: flow && flow.length <= MOST ? flow.map(({ id }) => id).sort() : undefined });
    };
    void ask();
    return () => {
      gone = true;
    };
  }, [name, minute]);
  return name ? found : ANY;
}
