/** Whether the server answers: what the banner at the top of the page says. */
import { Store, useStore } from "@/lib/store";

export interface Connection {
  state: "connecting" | "connected" | "lost";
  /** When it was lost, in milliseconds. */
  since?: number;
}

export const connection = new Store<Connection>({ state: "connecting" });

export function connected(): void {
  connection.set({ state: "connected" });
}

export function lost(): void {
  if (connection.get().state !== "lost") connection.set({ state: "lost", since: Date.now() });
}

export const useConnection = (): Connection => useStore(connection);
