/** Forms that are told by data: one field each, and what is wrong with what is in it. */
import { checkJson } from "@/components/editor/check";
import { JsonEditor } from "@/components/editor/json-editor";
import { Field, Input, Select, TextArea } from "@/components/fields";

export interface FormField {
  key: string;
  label: string;
  help?: string;
  kind: "text" | "long" | "list" | "url" | "password" | "choice" | "json";
  optional?: boolean;
  choices?: readonly { value: string; label: string }[];
}

export type Texts = Record<string, string>;

/** What is wrong with the text of a field; undefined when nothing is. */
export function problemOf(field: FormField, text: string): string | undefined {
  const value = text.trim();
  if (!value) return field.optional ? undefined : `${field.label} is missing.`;
  if (field.kind === "url") {
    try {
      if (/^https?:$/.test(new URL(value).protocol)) return undefined;
    } catch {
      // Told below.
    }
    return "Give an address that begins with http:// or https://.";
  }
  if (field.kind === "json") return checkJson(value).error;
  return undefined;
}

/** The config that the texts come to: empty optional fields are left out, lists are split at commas and lines. */
export function configOf(fields: readonly FormField[], texts: Texts): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const { key, kind, optional } of fields) {
    const text = texts[key]?.trim() ?? "";
    if (!text && optional) continue;
    if (kind === "list")
      config[key] = text
        .split(/[\n,]/)
        .map((one) => one.trim())
        .filter(Boolean);
    else if (kind === "json") config[key] = checkJson(text).value;
    else config[key] = text;
  }
  return config;
}

/** The texts a form begins with for a config there is. */
export function textsOf(fields: readonly FormField[], config: Record<string, unknown>): Texts {
  const texts: Texts = {};
  for (const { key, kind } of fields) {
    const value = config[key];
    if (value === undefined || value === null) continue;
    if (kind === "json") texts[key] = JSON.stringify(value, null, 2);
    else texts[key] = Array.isArray(value) ? value.join("\n") : String(value);
  }
  return texts;
}

/** The fields of a form; `told` once somebody has tried to save it, from when on what is wrong is said. */
export function FormFields({
  fields,
  texts,
  onChange,
  told,
}: {
  fields: readonly FormField[];
  texts: Texts;
  onChange: (texts: Texts) => void;
  told: boolean;
}) {
  return fields.map((field) => {
    const value = texts[field.key] ?? "";
    const set = (text: string) => onChange({ ...texts, [field.key]: text });
    return (
      <Field
        key={field.key}
        label={field.optional ? `${field.label} (optional)` : field.label}
        help={field.help ?? (field.kind === "list" ? "One a line, or with commas." : undefined)}
        error={told ? problemOf(field, value) : undefined}
      >
        {(ids) => {
          if (field.kind === "json")
            return <JsonEditor {...ids} label={field.label} value={value} onChange={set} />;
          if (field.kind === "long" || field.kind === "list")
            return <TextArea {...ids} value={value} onChange={(event) => set(event.target.value)} />;
          if (field.kind === "choice")
            return (
              <Select {...ids} value={value} onChange={(event) => set(event.target.value)}>
                <option value="">Choose…</option>
                {field.choices?.map((one) => (
                  <option key={one.value} value={one.value}>
                    {one.label}
                  </option>
                ))}
              </Select>
            );
          return (
            <Input
              {...ids}
              type={field.kind === "password" ? "password" : "text"}
              autoComplete={field.kind === "password" ? "new-password" : "off"}
              value={value}
              onChange={(event) => set(event.target.value)}
            />
          );
        }}
      </Field>
    );
  });
}
