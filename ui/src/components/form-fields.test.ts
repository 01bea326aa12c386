import { expect, test } from "vitest";
import { configOf, type FormField, problemOf, textsOf } from "./form-fields";

const URL_FIELD: FormField = { key: "url", label: "Address", kind: "url" };
const TO: FormField = { key: "to", label: "To", kind: "list" };
const NOTE: FormField = { key: "note", label: "Note", kind: "long", optional: true };
const BODY: FormField = { key: "body", label: "Body", kind: "json", optional: true };
const ALL = [URL_FIELD, TO, NOTE, BODY];

test("what is missing or no address is said by field", () => {
  expect(problemOf(URL_FIELD, "")).toBe("Address is missing.");
  expect(problemOf(URL_FIELD, "ftp://example.com")).toMatch(/http/);
  expect(problemOf(URL_FIELD, "example")).toMatch(/http/);
  expect(problemOf(URL_FIELD, " https://example.com/x ")).toBeUndefined();
  expect(problemOf(NOTE, "")).toBeUndefined();
  expect(problemOf(BODY, "{")).toMatch(/not JSON/);
});

test("texts become a config, and a config the same texts again", () => {
  const texts = { url: "https://a.example ", to: "+1, +2\n\n+3", body: '{"a": 1}' };
  const config = configOf(ALL, texts);
  expect(config).toEqual({ url: "https://a.example", to: ["+1", "+2", "+3"], body: { a: 1 } });
  expect(configOf(ALL, textsOf(ALL, config))).toEqual(config);
});
