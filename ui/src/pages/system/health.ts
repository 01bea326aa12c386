import { useCallback, useEffect, useState } from "react";
import { BASE } from "@/lib/base";
import { usePageVisible } from "@/lib/visibility";

export interface Check {
  ok: boolean;
  message: string;
}

const EVERY = 15_000;

/** What the answer of /ready says of each check; undefined when it is none. */
export function checksOf(body: unknown): Record<string, Check> | undefined {
  const checks = (body as { checks?: unknown } | null)?.checks;
  if (!checks || typeof checks !== "object") return undefined;
  const found: Record<string, Check> = {};
  for (const [name, value] of Object.entries(checks)) {
    const one = value as { status?: unknown; message?: unknown } | null;
    if (typeof one?.status === "string")
      found[name] = { ok: one.status === "ok", message: String(one.message ?? "") };
  }
  return found;
}

/** The server's own judgement of itself; asked anew each 15 seconds while somebody looks. */
export function useReady(): { checks: Record<string, Check> | undefined; error: string | undefined } {
  const visible = usePageVisible();
  const [state, setState] = useState<{ checks?: Record<string, Check>; error?: string }>({});
  const ask = useCallback(async () => {
    try {
      const response = await fetch(new URL("ready", new URL(BASE, location.origin)));
      const checks = checksOf(await response.json());
      setState(checks ? { checks } : { error: "The server has not said how it is." });
    } catch {
      setState((before) => ({ ...before, error: "The server cannot be reached." }));
    }
  }, []);
  useEffect(() => {
    if (!visible) return;
    void ask();
    const timer = setInterval(() => void ask(), EVERY);
    return () => clearInterval(timer);
  }, [visible, ask]);
  return { checks: state.checks, error: state.error };
}
