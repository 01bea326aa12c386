import { expect, test } from "vitest";
import { checkJson, checkJsonObject, jsonSize } from "./check";

test("a value is read, and what is none is explained", () => {
  expect(checkJson('{"a": [1]}')).toEqual({ value: { a: [1] } });
  expect(checkJson(" ").error).toMatch(/Write a JSON value/);
  expect(checkJson("hello").error).toMatch(/^This is not JSON: /);
  expect(checkJson("null")).toEqual({ value: null });
});

test("where an object is wanted, nothing is an empty one, and lists are refused", () => {
  expect(checkJsonObject("")).toEqual({ value: {} });
  expect(checkJsonObject("[1]").error).toMatch(/Write an object/);
  expect(checkJsonObject("null").error).toMatch(/Write an object/);
  expect(checkJsonObject("{").error).toMatch(/not JSON/);
});

test("sizes are those of Python's json.dumps", () => {
  // len(json.dumps(value)) of each
  expect(jsonSize({ a: 1, b: [true, null, "x"] })).toBe(32);
  expect(jsonSize({})).toBe(2);
  expect(jsonSize([])).toBe(2);
  expect(jsonSize("ü")).toBe(8);
  expect(jsonSize("😀")).toBe(14);
  expect(jsonSize('quote " and \n line')).toBe(22);
});
