/** The text as a pattern of LIKE that is found anywhere: %, _ and \ stand for themselves. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}
