export type Checked = { value: unknown; error?: undefined } | { value?: undefined; error: string };

/** The value of a JSON text, or what is wrong with it for its writer. */
export function checkJson(text: string): Checked {
  if (!text.trim()) return { error: "Write a JSON value; text goes in double quotes." };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** As `checkJson`, for what must be an object; nothing written is `{}`. */
export function checkJsonObject(text: string): Checked {
  if (!text.trim()) return { value: {} };
  const checked = checkJson(text);
  if (checked.error !== undefined) return checked;
  const { value } = checked;
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return { error: 'Write an object, such as {"name": "value"}.' };
  return checked;
}

/** Bytes of a value as Python's json.dumps writes it, which is how the server counts: spaces after `:` and `,`, ASCII only. */
export function jsonSize(value: unknown): number {
  if (Array.isArray(value))
    return 2 + value.reduce<number>((sum, one) => sum + jsonSize(one), 0) + 2 * Math.max(0, value.length - 1);
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    return (
      2 +
      entries.reduce((sum, [key, one]) => sum + jsonSize(key) + 2 + jsonSize(one), 0) +
      2 * Math.max(0, entries.length - 1)
    );
  }
  const text = JSON.stringify(value) ?? "null";
  let size = 0;
  for (let index = 0; index < text.length; index++) size += text.charCodeAt(index) < 0x7f ? 1 : 6;
  return size;
}
