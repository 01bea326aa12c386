import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

type Value = string | number | boolean | string[];

/**
 * What a page is filtered by, kept in its address: shareable, and there again after going back. What is as in
 * `defaults` (a constant) is left out of the address; a value of another type than its default is ignored.
 */
export function useFilters<T extends Record<string, Value>>(defaults: T): [T, (change: Partial<T>) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const filters = useMemo(() => {
    const found: Record<string, Value> = { ...defaults };
    for (const [name, initial] of Object.entries(defaults)) {
      const given = search[name];
      if (given === undefined) continue;
      if (typeof initial === "string") found[name] = String(given);
      else if (Array.isArray(initial))
        found[name] = Array.isArray(given) ? given.map(String) : [String(given)];
      else if (typeof given === typeof initial) found[name] = given as Value;
    }
    return found as T;
  }, [search, defaults]);
  const change = useCallback(
    (changed: Partial<T>) => {
      void navigate({
        to: ".",
        replace: true,
        search: ((before: Record<string, unknown>) => {
          const next: Record<string, unknown> = { ...before, ...changed };
          for (const [name, initial] of Object.entries(defaults))
            if (JSON.stringify(next[name]) === JSON.stringify(initial)) delete next[name];
          return next;
          // biome-ignore lint/suspicious/noExplicitAny: the router knows the parameters of each route, this hook of none
        }) as any,
      });
    },
    [navigate, defaults],
  );
  return [filters, change];
}
