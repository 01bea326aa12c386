/** What somebody has chosen, shown before what is stored is heard to be the same. */
import { useEffect, useState } from "react";

/** How long a choice is shown, in ms, if what is stored never says the same: somebody has changed it back. */
const LONGEST = 30_000;

/**
 * `[shown, choose]`: `choose` sends a choice, which is shown at once and until `stored` says the same or sending it has
 * failed. What is stored is heard a while after it was sent: without this the old value would be shown in between, and
 * who then clicked would choose the same again.
 */
export function useChosen<Value extends string | number | boolean>(
  stored: Value,
  send: (next: Value) => Promise<boolean>,
): [Value, (next: Value) => Promise<boolean>] {
  const [choice, setChoice] = useState<{ value: Value; sent: boolean }>();
  const heard = choice?.sent && choice.value === stored;
  useEffect(() => {
    if (!choice?.sent) return;
    if (heard) {
      setChoice(undefined);
      return;
    }
    const timer = setTimeout(() => setChoice(undefined), LONGEST);
    return () => clearTimeout(timer);
  }, [choice, heard]);
  const choose = async (next: Value) => {
    setChoice({ value: next, sent: false });
    const went = await send(next);
    setChoice(went ? { value: next, sent: true } : undefined);
    return went;
  };
  return [choice ? choice.value : stored, choose];
}
