import clsx from "clsx";
import { colourOf } from "@/lib/states";

/** Groups of states to choose from; several at once. */
export function StateFilter({
  groups,
  chosen,
  onChange,
}: {
  groups: { title: string; states: string[] }[];
  chosen: string[];
  onChange: (states: string[]) => void;
}) {
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">States</legend>
      {groups.map(({ title, states }) => {
        const on = states.every((state) => chosen.includes(state));
        return (
          <button
            key={title}
            type="button"
            aria-pressed={on}
            title={states.join(", ")}
            onClick={() =>
              onChange(
                on ? chosen.filter((state) => !states.includes(state)) : [...new Set([...chosen, ...states])],
              )
            }
            className={clsx(
              "inline-flex h-8 items-center gap-1.5 rounded-md border px-2.5 font-medium",
              on ? "border-accent bg-accent-soft text-accent" : "border-line bg-panel hover:bg-sunken",
            )}
          >
            <span aria-hidden className="size-2.5 rounded-full" style={{ background: colourOf(states[0]) }} />
            {title}
          </button>
        );
      })}
    </fieldset>
  );
}
