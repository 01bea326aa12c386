/** Signing in and out with an API key. */

import { client, identity, reconnect, tenantId } from "@/api/client";
import { access, apiKey, forgetKey, opened, takeKey } from "@/api/key";
import { messageOf } from "@/api/live";
import { AuthInfoDocument } from "./session.gen";

/** What the server has against `key`, in its own words; undefined where it opens the door. */
async function problemOf(key: string): Promise<string | undefined> {
  const context = { fetchOptions: () => ({ headers: identity(key) }) };
  const { error } = await client.query(AuthInfoDocument, {}, context).toPromise();
  return error && messageOf(error);
}

function enter(): void {
  // Another key may open other teams; the page chooses among them anew.
  tenantId.set("");
  opened();
  reconnect();
}

/** Uses `key` if the server takes it. Throws an Error that says why not. */
export async function signIn(key: string, onDevice: boolean): Promise<void> {
  const problem = await problemOf(key);
  if (problem) throw new Error(problem);
  takeKey(key, onDevice);
  enter();
}

/** Asks again with the key that there is: the server may take it, or none, by now. */
export async function tryAgain(): Promise<void> {
  const key = apiKey.get();
  const problem = await problemOf(key);
  if (!problem && key === apiKey.get() && access.get().state === "refused") enter();
}

/** Forgets the key, here and on the device. A server that needs none stays open. */
export function signOut(): void {
  forgetKey();
  tenantId.set("");
  access.set({ state: "refused", reason: "" });
  reconnect();
}
