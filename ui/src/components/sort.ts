import type { Sort } from "./table";

/** "-start_time" in an address, as the table has it. */
export function sortOf(text: string): Sort {
  return text.startsWith("-") ? { by: text.slice(1), descending: true } : { by: text, descending: false };
}

export function sortText({ by, descending }: Sort): string {
  return descending ? `-${by}` : by;
}
