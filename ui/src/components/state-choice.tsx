import { FLOW_RUN_STATES } from "@/lib/states";
import { StateBadge } from "./badge";

// "Aborted" is only shown: no run is set to it.
const STATES: readonly string[] = FLOW_RUN_STATES.filter((state) => state !== "Aborted");

/** States to tick. */
export function StateChoice({
  chosen,
  onChange,
  error,
}: {
  chosen: readonly string[];
  onChange: (states: string[]) => void;
  error?: string | undefined;
}) {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 font-medium">States</legend>
      <div className="grid grid-cols-2 gap-x-4 gap-y-1 sm:grid-cols-3">
        {STATES.map((state) => (
          <label key={state} className="flex items-center gap-2">
            <input
              type="checkbox"
              className="accent-accent"
              checked={chosen.includes(state)}
              onChange={(event) =>
                onChange(event.target.checked ? [...chosen, state] : chosen.filter((one) => one !== state))
              }
            />
            <StateBadge state={state} />
          </label>
        ))}
      </div>
      <p className={error ? "text-danger" : "text-muted"}>
        {error ?? "Exactly these: Failed is not also TimedOut."}
      </p>
    </fieldset>
  );
}
