import { X } from "lucide-react";
import { useMemo, useState } from "react";
import { useAsk } from "@/api/live";
import { Tag } from "@/components/badge";
import { SearchField } from "@/components/fields";
import { Failure } from "@/components/panel";
import { containing } from "@/lib/like";
import { FlowChoiceDocument, type FlowChoiceQuery } from "./flow-choice.gen";

export type ChosenFlow = Pick<FlowChoiceQuery["flow"][number], "name" | "flow_group_id" | "version_group_id">;

/** Flows to choose, searched for by name: several, or one with `single`. */
export function FlowChoice({
  legend,
  chosen,
  onChange,
  none,
  single,
  error,
}: {
  legend: string;
  chosen: readonly ChosenFlow[];
  onChange: (flows: ChosenFlow[]) => void;
  /** What it means when none is chosen. */
  none: string;
  single?: boolean;
  error?: string | undefined;
}) {
  const [text, setText] = useState("");
  const variables = useMemo(
    () => ({ where: { archived: { _eq: false }, name: { _ilike: containing(text) } } }),
    [text],
  );
  const found = useAsk(FlowChoiceDocument, variables);
  const left = (found.data?.flow ?? []).filter(
    (flow) => !chosen.some((one) => one.flow_group_id === flow.flow_group_id),
  );
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{legend}</legend>
      <Failure error={found.error} />
      <div className="flex flex-wrap gap-1">
        {chosen.map((flow) => (
          <button
            key={flow.flow_group_id}
            type="button"
            aria-label={`Take ${flow.name} out`}
            onClick={() => onChange(chosen.filter((one) => one !== flow))}
          >
            <Tag tone="accent">
              {flow.name}
              <X className="ml-1 size-3" aria-hidden />
            </Tag>
          </button>
        ))}
      </div>
      <SearchField label="Search flows" value={text} onChange={setText} />
      {/* Always as high: what stands below must not move away from under a click when the list is another. */}
      <ul className="h-36 overflow-y-auto rounded-md border border-line">
        {left.map((flow) => (
          <li key={flow.flow_group_id}>
            <button
              type="button"
              className="w-full px-2.5 py-1 text-left hover:bg-sunken"
              onClick={() => onChange(single ? [flow] : [...chosen, flow])}
            >
              {flow.name} <span className="text-muted">{flow.project?.name}</span>
            </button>
          </li>
        ))}
        {!left.length && <li className="px-2.5 py-1 text-muted">No other flow.</li>}
      </ul>
      {(error || !chosen.length) && <p className={error ? "text-danger" : "text-muted"}>{error ?? none}</p>}
    </fieldset>
  );
}
