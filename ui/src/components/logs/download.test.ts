import { expect, test } from "vitest";
import type { Line } from "./buffer";
import { written } from "./download";

const LINE: Line = {
  id: "1",
  timestamp: "2026-11-22T12:00:00+00:00",
  level: "INFO",
  name: "prefect.a",
  message: 'said "yes",\nthen went',
  task_run_id: null,
};

test("text is one line of facts and then the message as it is", () => {
  expect(written(LINE, "txt", true)).toBe(
    '2026-11-22T12:00:00+00:00 INFO     prefect.a | said "yes",\nthen went\n',
  );
});

test("JSON is a list", () => {
  const text = `${written(LINE, "json", true)}${written(LINE, "json", false)}\n]`;
  expect(JSON.parse(text)).toHaveLength(2);
  expect(JSON.parse(text)[1].message).toBe(LINE.message);
});

test("CSV quotes what must be quoted, and no cell is a formula", () => {
  expect(written(LINE, "csv", false)).toBe(
    '2026-11-22T12:00:00+00:00,INFO,prefect.a,,"said ""yes"",\nthen went"\r\n',
  );
  expect(written({ ...LINE, message: "=1+1" }, "csv", true)).toBe(
    "timestamp,level,name,task_run_id,message\r\n2026-11-22T12:00:00+00:00,INFO,prefect.a,,'=1+1\r\n",
  );
});
