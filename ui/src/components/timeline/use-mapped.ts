import { useEffect, useMemo, useState } from "react";
import { client } from "@/api/client";
import { usePageVisible } from "@/lib/visibility";

/** What `mapped_children` says of a mapped task run. */
export interface Children {
  min_start_time: string | null;
  max_end_time: string | null;
  state_counts: Record<string, number>;
}

/** Mapped task runs that one call asks about. */
const TOGETHER = 50;

async function ask(ids: string[]): Promise<[string, Children][]> {
  const found: [string, Children][] = [];
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const some = ids.slice(from, from + TOGETHER);
    // One field for each: the API answers for one task run at a time. The ids are variables, because the client keeps
    // every document that it has ever seen.
    const declared = some.map((_, index) => `$m${index}: UUID!`).join(" ");
    const fields = some.map(
      (_, index) =>
        `m${index}: mapped_children(task_run_id: $m${index}) { min_start_time max_end_time state_counts }`,
    );
    const result = await client
      .query<Record<string, Children | null>>(
        `query MappedChildren(${declared}) { ${fields.join(" ")} }`,
        Object.fromEntries(some.map((id, index) => [`m${index}`, id])),
      )
      .toPromise();
    some.forEach((id, index) => {
      const children = result.data?.[`m${index}`];
      if (children) found.push([id, { ...children, state_counts: children.state_counts ?? {} }]);
    });
  }
  return found;
}

/** The children of mapped task runs: how many are in which state, from when to when; anew each three seconds while `active`. */
export function useMapped(ids: string[], active: boolean): Map<string, Children> {
  const [children, setChildren] = useState<Map<string, Children>>(new Map());
  const visible = usePageVisible();
  const key = ids.join(" ");
  const wanted = useMemo(() => (key ? key.split(" ") : []), [key]);
  useEffect(() => {
    if (!visible || !wanted.length) return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      const found = await ask(wanted);
      if (gone) return;
      setChildren(new Map(found));
      if (active) timer = setTimeout(() => void round(), 3000);
    };
    void round();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [wanted, visible, active]);
  return children;
}
