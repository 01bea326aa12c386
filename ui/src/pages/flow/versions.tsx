import { useMemo } from "react";
import { usePolled } from "@/api/polled";
import { Tag } from "@/components/badge";
import { Button } from "@/components/button";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { RunBars } from "@/components/run-bars";
import { Pager, Table } from "@/components/table";
import { DateTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import type { Group } from "./data";
import { FlowVersionsDocument } from "./flow.gen";

const DEFAULTS = { version: 0, tab: "", older: 0 };
const SIZE = 20;

export function Versions({ group }: { group: Group }) {
  const [{ older }, change] = useFilters(DEFAULTS);
  const variables = useMemo(
    () => ({ group: group.id, limit: SIZE, offset: older * SIZE }),
    [group.id, older],
  );
  const { data, error, loading } = usePolled(FlowVersionsDocument, variables, 10);
  return (
    <Panel flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton lines={6} />
      ) : (
        <>
          <Table
            label="Versions"
            rows={data?.flow ?? []}
            rowKey={(flow) => flow.id}
            empty={<Empty title="There is no version" />}
            columns={[
              {
                key: "version",
                header: "Version",
                cell: (flow) => (
                  <Button
                    kind="ghost"
                    onClick={() => change({ version: flow.version ?? 0, tab: "" })}
                    aria-label={`Look at version ${flow.version}`}
                  >
                    {flow.version}
                  </Button>
                ),
              },
              {
                key: "state",
                header: "",
                cell: (flow) => (flow.archived ? <Tag>archived</Tag> : <Tag tone="accent">current</Tag>),
              },
              { key: "project", header: "Project", wide: true, cell: (flow) => flow.project.name },
              { key: "core", header: "Prefect", wide: true, cell: (flow) => flow.core_version },
              { key: "created", header: "Registered", cell: (flow) => <DateTime at={flow.created} /> },
              { key: "runs", header: "Last runs", cell: (flow) => <RunBars runs={flow.flow_runs} /> },
            ]}
          />
          <Pager
            page={older}
            size={SIZE}
            count={data?.flow.length ?? 0}
            total={data?.flow_aggregate.aggregate?.count}
            onPage={(page) => change({ older: page })}
          />
        </>
      )}
    </Panel>
  );
}
