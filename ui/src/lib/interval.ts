/** Milliseconds of a Postgres interval as its text output writes it ("1 day 02:03:04.5", "-00:00:02"). */
export function millisecondsOf(interval: string | null | undefined): number | undefined {
  if (!interval) return undefined;
  const match = /^(?:(-?\d+) days? ?)?(?:(-)?(\d+):(\d+):(\d+(?:\.\d+)?))?$/.exec(interval);
  if (!match) return undefined;
  const [, days, sign, hours, minutes, seconds] = match;
  const time = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  return Number(days ?? 0) * 86_400_000 + (sign ? -time : time);
}
