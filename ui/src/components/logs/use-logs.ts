import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLive } from "@/api/live";
import { askFrom, askLine, askPage } from "./ask";
import { type Buffer, type Line, leavesGap, NOTHING, PAGE, withNewer, withNewest, withOlder } from "./buffer";
import { LogTailDocument } from "./logs.gen";
import { type Filter, filtered, matches, type Scope, scoped } from "./query";

/** As the subscription asks. */
const TAIL = 100;
/** Pages that are fetched to close a gap before the window rather jumps to the end. */
const CATCH_UP = 4;

/** A page waits for its turn; an opening, and a gap that must be closed, push aside what is under way. */
type Kind = "opening" | "page" | "gap";

/** Where to open a log: at an end, at a moment (ISO), or at a line (its id). */
export type Place = { end: true } | { start: true } | { moment: string } | { line: string };

export interface Logs extends Buffer {
  error: string | undefined;
  /** The first page has not come yet. */
  opening: boolean;
  /** Counts the openings: the list shows its place anew with each. */
  opened: number;
  place: Place;
  open: (place: Place) => void;
  older: () => void;
  newer: () => void;
}

/** A window over the lines of a run that match the filter, live while it reaches the end. */
export function useLogs(scope: Scope, filter: Filter, first: Place): Logs {
  const [buffer, setBuffer] = useState<Buffer>(NOTHING);
  const [error, setError] = useState<string>();
  const [opened, setOpened] = useState(0);
  const [place, setPlace] = useState<Place>(first);
  const current = useRef(buffer);
  current.current = buffer;
  // Answers to questions of before the last opening are thrown away; one question at a time.
  const turn = useRef(0);
  const busy = useRef(false);
  // The newest line there was, whether the filter lets it through or not: lines after it have not been looked at.
  const seen = useRef<Line | undefined>(undefined);
  const openedFor = useRef<Where | undefined>(undefined);

  const { flowRun, taskRun } = scope;
  const { level, text } = filter;
  const all = useMemo(() => scoped({ flowRun, ...(taskRun ? { taskRun } : {}) }), [flowRun, taskRun]);
  const where = useMemo(
    () => filtered({ flowRun, ...(taskRun ? { taskRun } : {}) }, { level, text }),
    [flowRun, taskRun, level, text],
  );

  const ask = useCallback(async (work: (buffer: Buffer) => Promise<Buffer>, kind: Kind) => {
    if (busy.current && kind === "page") return;
    const mine = kind === "page" ? turn.current : ++turn.current;
    busy.current = true;
    try {
      const next = await work(current.current);
      if (mine !== turn.current) return;
      current.current = next;
      setBuffer(next);
      setError(undefined);
      if (kind === "opening") setOpened((count) => count + 1);
    } catch (failure) {
      if (mine === turn.current) setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      if (mine === turn.current) busy.current = false;
    }
  }, []);

  const open = useCallback(
    (next: Place) => {
      setPlace(next);
      openedFor.current = undefined;
      void ask(async () => {
        // Without a filter the last line that is found says the same.
        const newest =
          "end" in next && (level || text) ? (await askPage(all, "older", undefined, 1))[0] : undefined;
        const found = await openAt(where, next);
        seen.current = newest;
        openedFor.current = where;
        return found;
      }, "opening");
    },
    [ask, where, all, level, text],
  );

  const initial = useRef(first);
  useEffect(() => {
    open(initial.current);
    // Another filter begins at the end of what it finds.
    initial.current = { end: true };
  }, [open]);

  const older = useCallback(() => {
    void ask(async (buffer) => {
      const line = buffer.lines[0];
      return line && !buffer.atStart ? withOlder(buffer, await askPage(where, "older", line)) : buffer;
    }, "page");
  }, [ask, where]);
  const newer = useCallback(() => {
    void ask(async (buffer) => {
      const line = buffer.lines.at(-1);
      return line && !buffer.atEnd ? withNewer(buffer, await askPage(where, "newer", line)) : buffer;
    }, "page");
  }, [ask, where]);

  const tail = useLive(
    LogTailDocument,
    useMemo(() => ({ where: all }), [all]),
    {
      pause: opened === 0 || !buffer.atEnd,
    },
  );
  const newest = tail.data?.log;
  useEffect(() => {
    if (!newest?.length || opened === 0 || openedFor.current !== where || !current.current.atEnd) return;
    const before = seen.current ?? current.current.lines.at(-1);
    seen.current = newest[0];
    if (leavesGap(before, newest, TAIL))
      void ask((buffer) => caughtUp(buffer, where, before as Line, { level, text }), "gap");
    else
      setBuffer((buffer) =>
        withNewest(
          buffer,
          newest.filter((line) => matches(line, { level, text })),
        ),
      );
  }, [newest, opened, ask, where, level, text]);

  return {
    ...buffer,
    error: error ?? tail.error,
    opening: opened === 0 && !error,
    opened,
    place,
    open,
    older,
    newer,
  };
}

type Where = Record<string, unknown>;

async function openAt(where: Where, place: Place): Promise<Buffer> {
  if ("moment" in place) {
    const page = await askFrom(where, place.moment);
    return page.length ? withNewer(NOTHING, page) : openAt(where, { end: true });
  }
  if ("line" in place) {
    // A line that the filter hides or that is gone: the end is shown.
    const line = await askLine(where, place.line);
    if (!line) return openAt(where, { end: true });
    const [before, after] = await Promise.all([askPage(where, "older", line), askPage(where, "newer", line)]);
    return withNewer(withOlder({ ...NOTHING, lines: [line] }, before), after);
  }
  if ("start" in place) return { ...withNewer(NOTHING, await askPage(where, "newer")), atStart: true };
  return { ...withOlder(NOTHING, await askPage(where, "older")), atEnd: true };
}

/** The buffer after the lines that came since `seen`; the end of the log where they are too many to be walked through. */
async function caughtUp(buffer: Buffer, where: Where, seen: Line, filter: Filter): Promise<Buffer> {
  let next = buffer;
  let from = seen;
  for (let round = 0; round < CATCH_UP; round++) {
    const page = await askPage(where, "newer", from);
    next = withNewest(
      { ...next, atEnd: true },
      page.filter((line) => matches(line, filter)),
    );
    from = page.at(-1) ?? from;
    if (page.length < PAGE) return next;
  }
  return openAt(where, { end: true });
}
