/** JSON as people write it into a form. */
export type Read<T> = { value: T; error?: undefined } | { value?: undefined; error: string };

/** The value of JSON text; the error says where it stops being JSON. */
export function readJson(text: string): Read<unknown> {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** A JSON object; nothing at all is null. */
export function readObject(text: string): Read<Record<string, unknown> | null> {
  if (!text.trim()) return { value: null };
  const read = readJson(text);
  if (read.error !== undefined) return { error: read.error };
  if (read.value === null) return { value: null };
  if (typeof read.value !== "object" || Array.isArray(read.value))
    return { error: 'A JSON object is needed: {"name": value, …}' };
  return { value: read.value as Record<string, unknown> };
}

/** Names between commas, each once. */
export function readLabels(text: string): string[] {
  return [...new Set(text.split(",").map((one) => one.trim()))].filter(Boolean);
}

export function writeObject(value: unknown): string {
  return value == null ? "" : JSON.stringify(value, null, 2);
}
