/** Pages of a log, asked for. */
import { client } from "@/api/client";
import { messageOf } from "@/api/live";
import { type Line, PAGE } from "./buffer";
import { LogPageDocument } from "./logs.gen";
import { beyond, NEWER, OLDER, type Where } from "./query";

type Direction = "older" | "newer";

/** Lines of `where` in the direction's order, from its end or beyond `place`. Throws in the server's words. */
export async function askPage(
  where: Where,
  direction: Direction,
  place?: Pick<Line, "timestamp" | "id">,
  limit = PAGE,
): Promise<Line[]> {
  const result = await client
    .query(LogPageDocument, {
      where: place ? beyond(where, place, direction) : where,
      order: [...(direction === "older" ? OLDER : NEWER)],
      limit,
    })
    .toPromise();
  if (result.error) throw new Error(messageOf(result.error));
  return result.data?.log ?? [];
}

/** Lines of `where` from a moment (ISO) on. */
export function askFrom(where: Where, moment: string): Promise<Line[]> {
  return askPage({ ...where, timestamp: { _gte: moment } }, "newer");
}

/** One line, if it is still kept. */
export async function askLine(where: Where, id: string): Promise<Line | undefined> {
  return (await askPage({ ...where, id: { _eq: id } }, "newer", undefined, 1))[0];
}
