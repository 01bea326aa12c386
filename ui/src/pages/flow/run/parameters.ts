/** A flow's parameters as the fields of a form, and what the form says as values. */
import { readJson } from "@/lib/json-text";

export const KINDS = ["text", "number", "yes or no", "JSON"] as const;
export type Kind = (typeof KINDS)[number];

export interface ParameterField {
  name: string;
  required: boolean;
  kind: Kind;
  text: string;
  /** The reader has put something in: only then it is sent, else the default of the day counts. */
  touched: boolean;
  /** What counts without the reader; undefined: nothing. */
  fallback: unknown;
}

interface Registered {
  name: string;
  required?: boolean;
  default?: unknown;
}

function kindOf(value: unknown): Kind {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "yes or no";
  if (typeof value === "string" || value === undefined) return "text";
  return "JSON";
}

export function textOf(value: unknown, kind: Kind): string {
  if (value === undefined) return "";
  return kind === "text" && typeof value === "string" ? value : JSON.stringify(value);
}

/** The fields of the parameters as they were registered, with the group's defaults before the flow's. */
export function fieldsOf(registered: unknown, groupDefaults: unknown): ParameterField[] {
  const list = Array.isArray(registered) ? (registered as Registered[]) : [];
  const group = (groupDefaults ?? {}) as Record<string, unknown>;
  return list
    .filter((one) => typeof one?.name === "string")
    .map(({ name, required = false, default: own }) => {
      const fallback = name in group ? group[name] : required ? undefined : (own ?? null);
      // A null says nothing about what belongs there; JSON can say everything.
      const kind = kindOf(fallback);
      return { name, required, kind, text: textOf(fallback, kind), touched: false, fallback };
    })
    .sort((one, other) => Number(other.required) - Number(one.required));
}

/** The values to be sent, and what is wrong by the name of its field. */
export function valuesOf(fields: ParameterField[]): {
  values: Record<string, unknown>;
  errors: Record<string, string>;
} {
  const values: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    if (!field.touched) {
      if (field.required && field.fallback === undefined) errors[field.name] = `${field.name} needs a value.`;
      continue;
    }
    const read = readField(field);
    if (read.error !== undefined) errors[field.name] = `${field.name}: ${read.error}`;
    else values[field.name] = read.value;
  }
  return { values, errors };
}

function readField({ kind, text }: ParameterField): { value?: unknown; error?: string } {
  if (kind === "text") return { value: text };
  if (kind === "yes or no") return { value: text === "true" };
  if (kind === "number") {
    const value = Number(text);
    return text.trim() && Number.isFinite(value) ? { value } : { error: "a number is needed." };
  }
  if (!text.trim()) return { error: 'a JSON value is needed: null, 1, "text", [1, 2], {"a": 1}.' };
  return readJson(text);
}

/** The field with another kind; what it says stays if it can. */
export function withKind(field: ParameterField, kind: Kind): ParameterField {
  const before = field.kind === "text" ? field.text : readJson(field.text).value;
  let text = field.text;
  if (kind === "yes or no") text = String(before === true || before === "true");
  else if (kind === "text") text = typeof before === "string" ? before : field.text;
  else if (kind === "JSON" && field.kind === "text")
    text = readJson(field.text).error === undefined ? field.text : JSON.stringify(field.text);
  return { ...field, kind, text, touched: true };
}
