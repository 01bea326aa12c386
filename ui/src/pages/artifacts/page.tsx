import { useMemo } from "react";
import { Artifacts } from "@/components/artifacts/artifacts";
import { Select } from "@/components/fields";
import { PageHeader } from "@/components/panel";
import { useFilters } from "@/lib/filters";

const DEFAULTS = { kind: "", artifacts: 0 };

/** The newest artifacts of all runs. */
export default function ArtifactsPage() {
  const [{ kind }, change] = useFilters(DEFAULTS);
  // The client has written texts under both names.
  const where = useMemo(
    () => (kind ? { kind: kind === "markdown" ? { _in: ["markdown", "md"] } : { _eq: kind } } : {}),
    [kind],
  );
  return (
    <>
      <PageHeader
        title="Artifacts"
        actions={
          <Select
            aria-label="Kind"
            className="!w-40"
            value={kind}
            onChange={(event) => change({ kind: event.target.value, artifacts: 0 })}
          >
            <option value="">All kinds</option>
            <option value="markdown">Markdown</option>
            <option value="link">Links</option>
          </Select>
        }
      />
      <Artifacts where={where} showRun />
    </>
  );
}
