/** What is wrong with a group's default parameters, beside the flow's parameters as they were registered. */
export function unknownParameters(
  value: Record<string, unknown> | null,
  registered: unknown,
): string | undefined {
  if (!value || !Array.isArray(registered)) return undefined;
  const known = new Set(registered.map((one) => (one as { name?: string }).name));
  const unknown = Object.keys(value).filter((name) => !known.has(name));
  if (!unknown.length) return undefined;
  return `The flow has no parameter ${unknown.join(", ")}${known.size ? `; it has ${[...known].join(", ")}` : ""}.`;
}
