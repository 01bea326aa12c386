/** Keys that work on every page. */
import { Store } from "@/lib/store";

export const overlay = new Store<"" | "search" | "help">("");

/** Pressed after `g`: the page one goes to. Those that the navigation does not have do nothing. */
export const LETTERS: Record<string, string> = {
  d: "/",
  f: "/flows",
  r: "/runs",
  c: "/calendar",
  p: "/projects",
  a: "/agents",
  n: "/notifications",
  u: "/automations",
  h: "/hooks",
  l: "/limits",
  k: "/kv",
  e: "/secrets",
  i: "/api",
  s: "/system",
};

export type Pressed = { open: "search" | "help" } | { go: string } | undefined;

const PAUSE = 1500;

type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** A listener's memory: what a key means after the keys before it. `typing`: the key goes into a field. */
export class Keys {
  private after = "";
  private at = 0;

  press(key: Key, typing: boolean, now: number): Pressed {
    if ((key.ctrlKey || key.metaKey) && !key.altKey && key.key.toLowerCase() === "k")
      return { open: "search" };
    if (typing || key.ctrlKey || key.metaKey || key.altKey) return undefined;
    const following = this.after === "g" && now - this.at < PAUSE;
    this.after = key.key;
    this.at = now;
    if (following) {
      this.after = "";
      const to = LETTERS[key.key];
      return to ? { go: to } : undefined;
    }
    if (key.key === "/") return { open: "search" };
    if (key.key === "?") return { open: "help" };
    return undefined;
  }
}

/** Whether a key pressed there is text, or belongs to a dialog that is open. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) ||
    target.closest('[role="dialog"],[role="alertdialog"],[role="menu"],.cm-editor,.CodeMirror') !== null
  );
}
