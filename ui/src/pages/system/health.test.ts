import { expect, test } from "vitest";
import { checksOf } from "./health";

test("the checks of /ready are read, and what is none is not", () => {
  const body = {
    status: "fail",
    checks: {
      database: { status: "ok", message: "It answers." },
      leader: { status: "fail", message: "Nobody leads." },
    },
  };
  expect(checksOf(body)).toEqual({
    database: { ok: true, message: "It answers." },
    leader: { ok: false, message: "Nobody leads." },
  });
  expect(checksOf({ detail: "Not found" })).toBeUndefined();
  expect(checksOf(null)).toBeUndefined();
});
