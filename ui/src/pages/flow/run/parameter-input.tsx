import { Field, Input, Select, TextArea } from "@/components/fields";
import { KINDS, type Kind, type ParameterField, textOf, withKind } from "./parameters";

export function ParameterInput({
  field,
  error,
  onChange,
}: {
  field: ParameterField;
  error: string | undefined;
  onChange: (field: ParameterField) => void;
}) {
  const set = (text: string) => onChange({ ...field, text, touched: true });
  return (
    <Field
      label={field.required ? `${field.name} (required)` : field.name}
      help={field.fallback === undefined ? undefined : `Default: ${textOf(field.fallback, "JSON")}`}
      error={error}
    >
      {(ids) => (
        <span className="flex items-start gap-2">
          {field.kind === "yes or no" ? (
            <Select {...ids} value={field.text} onChange={(event) => set(event.target.value)}>
              <option value="true">yes</option>
              <option value="false">no</option>
            </Select>
          ) : field.kind === "JSON" ? (
            <TextArea
              {...ids}
              className="!min-h-8"
              rows={field.text.length > 60 ? 4 : 1}
              value={field.text}
              onChange={(event) => set(event.target.value)}
            />
          ) : (
            <Input
              {...ids}
              inputMode={field.kind === "number" ? "decimal" : "text"}
              value={field.text}
              onChange={(event) => set(event.target.value)}
            />
          )}
          <Select
            aria-label={`Kind of ${field.name}`}
            className="!w-32 shrink-0"
            value={field.kind}
            onChange={(event) => onChange(withKind(field, event.target.value as Kind))}
          >
            {KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </Select>
        </span>
      )}
    </Field>
  );
}
