/**
 * The API key of this browser, where the server asks for keys, and whether it is taken. The key stands in the tab's own
 * storage, or in the device's where the reader wants it kept.
 */
import { keep, kept, Store } from "@/lib/store";

const NAME = "lictor.key";

/** What the server says about the key of this page, or about there being none. */
export interface Access {
  state: "open" | "refused";
  /** In the server's words; "" where there was nothing to refuse. */
  reason: string;
}

const OPEN: Access = { state: "open", reason: "" };

export const apiKey = new Store<string>(kept(NAME, "sessionStorage") || kept(NAME) || "");
export const access = new Store<Access>(OPEN);

/** Uses `key` from now on; `onDevice` keeps it beyond this tab. */
export function takeKey(key: string, onDevice: boolean): void {
  keep(NAME, (!onDevice && key) || null, "sessionStorage");
  keep(NAME, (onDevice && key) || null);
  apiKey.set(key);
}

export function forgetKey(): void {
  takeKey("", false);
}

/** What was sent with `key` was refused. An answer to a key that is no longer used says nothing. */
export function refused(key: string, reason: string): void {
  if (key === apiKey.get()) access.set({ state: "refused", reason: key ? reason : "" });
}

export function opened(): void {
  access.set(OPEN);
}

/** Tells `changed` when another tab has kept a key on this device, or taken it away. Returns what ends this. */
export function followOtherTabs(changed: () => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key !== NAME || kept(NAME, "sessionStorage")) return;
    apiKey.set(event.newValue ?? "");
    changed();
  };
  window.addEventListener("storage", listener);
  return () => window.removeEventListener("storage", listener);
}
