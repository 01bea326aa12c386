import { describe, expect, it } from "vitest";
import { fieldsOf, valuesOf, withKind } from "./parameters";

const REGISTERED = [
  { name: "city", required: false, default: "Oslo" },
  { name: "count", required: true, default: null },
  { name: "dry", required: false, default: false },
  { name: "limits", required: false, default: [1, 2] },
  { name: "ratio", required: false, default: 0.5 },
  { name: "nothing", required: false, default: null },
];

function change(fields: ReturnType<typeof fieldsOf>, name: string, text: string) {
  return fields.map((field) => (field.name === name ? { ...field, text, touched: true } : field));
}

describe("the fields of a run", () => {
  it("are typed by the defaults, the required ones first", () => {
    const fields = fieldsOf(REGISTERED, { city: "Rome" });
    expect(fields.map(({ name, kind, text }) => [name, kind, text])).toEqual([
      ["count", "text", ""],
      ["city", "text", "Rome"],
      ["dry", "yes or no", "false"],
      ["limits", "JSON", "[1,2]"],
      ["ratio", "number", "0.5"],
      ["nothing", "JSON", "null"],
    ]);
  });

  it("ask for what is required, by its name, unless the group has it", () => {
    expect(valuesOf(fieldsOf(REGISTERED, {})).errors).toEqual({ count: "count needs a value." });
    expect(valuesOf(fieldsOf(REGISTERED, { count: 3 })).errors).toEqual({});
  });

  it("send what was changed and nothing else, in its type", () => {
    let fields = change(fieldsOf(REGISTERED, { count: 3 }), "dry", "true");
    fields = change(fields, "ratio", "2");
    fields = change(fields, "limits", '{"a": null}');
    expect(valuesOf(fields)).toEqual({ values: { dry: true, ratio: 2, limits: { a: null } }, errors: {} });
  });

  it("say which value is none", () => {
    const fields = change(change(fieldsOf(REGISTERED, { count: 3 }), "limits", "[1,"), "count", "many");
    const { values, errors } = valuesOf(fields);
    expect(values).toEqual({});
    expect(errors.count).toBe("count: a number is needed.");
    expect(errors.limits).toMatch(/^limits: This is not JSON/);
  });

  it("keep what they say when their kind changes", () => {
    const [count] = change(fieldsOf(REGISTERED, {}), "count", "12");
    if (!count) throw new Error("there is a first field");
    expect(valuesOf([withKind(count, "number")]).values).toEqual({ count: 12 });
    expect(valuesOf([withKind(count, "JSON")]).values).toEqual({ count: 12 });
    expect(valuesOf([withKind({ ...count, text: "a b" }, "JSON")]).values).toEqual({ count: "a b" });
  });

  it("are none for what is no list", () => {
    expect(fieldsOf(null, null)).toEqual([]);
    expect(fieldsOf({}, {})).toEqual([]);
  });
});
