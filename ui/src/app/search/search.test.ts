import { expect, test } from "vitest";
import { isUuid, resultsOf } from "./results";
import { isTyping, Keys } from "./shortcuts";

const key = (name: string, more = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

test("keys open the search and the help, and g leads to pages", () => {
  const keys = new Keys();
  expect(keys.press(key("/"), false, 0)).toEqual({ open: "search" });
  expect(keys.press(key("?"), false, 0)).toEqual({ open: "help" });
  expect(keys.press(key("k", { metaKey: true }), true, 0)).toEqual({ open: "search" });
  expect(keys.press(key("g"), false, 100)).toBeUndefined();
  expect(keys.press(key("s"), false, 200)).toEqual({ go: "/system" });
  expect(keys.press(key("s"), false, 300)).toBeUndefined();
});

test("a letter too late, one in a field and one with Ctrl mean nothing", () => {
  const keys = new Keys();
  keys.press(key("g"), false, 0);
  expect(keys.press(key("s"), false, 5000)).toBeUndefined();
  keys.press(key("g"), true, 6000);
  expect(keys.press(key("s"), false, 6100)).toBeUndefined();
  expect(keys.press(key("/"), true, 7000)).toBeUndefined();
  expect(keys.press(key("?", { ctrlKey: true }), false, 7000)).toBeUndefined();
});

test("fields and dialogs have their keys for themselves", () => {
  document.body.innerHTML = '<input id="a"><div role="dialog"><button id="b"></button></div><p id="c"></p>';
  expect(isTyping(document.getElementById("a"))).toBe(true);
  expect(isTyping(document.getElementById("b"))).toBe(true);
  expect(isTyping(document.getElementById("c"))).toBe(false);
});

test("an id is known as one, and each thing found has its page", () => {
  expect(isUuid(" 8a7a2b1e-0a65-4b0c-9c5f-3d3f0a1b2c3d ")).toBe(true);
  expect(isUuid("8a7a2b1e")).toBe(false);
  const found = resultsOf({
    flow: [{ id: "f", name: "etl", version: 3, flow_group_id: "g" }],
    flow_run: [{ id: "12345678-x", name: null, state: "Failed" }],
    task: [],
    task_run: [],
    project: [{ id: "p", name: "main" }],
  });
  expect(found.map((one) => [one.text, one.to])).toEqual([
    ["etl, version 3", "/flow/f"],
    ["12345678", "/flow-run/12345678-x"],
    ["main", "/?project=p"],
  ]);
});
