import { expect, test } from "vitest";
import { millisecondsOf } from "./interval";

test.each([
  ["00:00:05", 5000],
  ["-00:00:02.25", -2250],
  ["1 day 02:03:04.5", 93_784_500],
  ["2 days", 172_800_000],
  ["-1 days -00:00:01", -86_401_000],
])("%s", (text, milliseconds) => expect(millisecondsOf(text)).toBe(milliseconds));

test("what is none is none", () => {
  expect(millisecondsOf(null)).toBeUndefined();
  expect(millisecondsOf("a while")).toBeUndefined();
});
