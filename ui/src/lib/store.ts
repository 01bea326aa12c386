import { useSyncExternalStore } from "react";

/** A value that many components look at, without a context. */
export class Store<T> {
  private listeners = new Set<() => void>();

  constructor(private value: T) {}

  get = (): T => this.value;

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of this.listeners) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

type Place = "sessionStorage" | "localStorage";

/** What the browser keeps under a name; null where there is nothing, and in private windows that have no storage. */
export function kept(name: string, place: Place = "localStorage"): string | null {
  try {
    return window[place].getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a value beyond this page, null: no longer. Refused storage is no error: then it lasts as long as the page. */
export function keep(name: string, value: string | null, place: Place = "localStorage"): void {
  try {
    if (value === null) window[place].removeItem(name);
    else window[place].setItem(name, value);
  } catch {
    // The caller has it.
  }
}

/** A store that the browser remembers; unreadable or refused storage is no error. */
export function remembered<T extends string>(key: string, initial: T, allowed?: readonly T[]): Store<T> {
  const name = `lictor.${key}`;
  const found = kept(name) as T | null;
  const store = new Store<T>(found !== null && (!allowed || allowed.includes(found)) ? found : initial);
  store.subscribe(() => keep(name, store.get()));
  return store;
}
