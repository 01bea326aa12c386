/** A flow: all its versions (the flow group), or one of them by ?version=N. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useAsk, useLive } from "@/api/live";
import { Empty, Failure, Skeleton } from "@/components/panel";
import { Tabs } from "@/components/tabs";
import { useFilters } from "@/lib/filters";
import { isUuid } from "@/lib/uuid";
import { type Group, type Looked, versionOf } from "./data";
import { FlowGroupDocument, GroupOfFlowDocument } from "./flow.gen";
import { Header } from "./header";
import { Overview } from "./overview";
import { Readme } from "./readme";
import { Runs } from "./runs";
import { Schedule } from "./schedule/tab";
import { Schematic } from "./schematic";
import { Settings } from "./settings/tab";
import { Tasks } from "./tasks";
import { Versions } from "./versions";

const DEFAULTS = { version: 0 };

export default function FlowPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  return isUuid(id) ? <Found key={id} id={id} /> : <Unknown id={id} />;
}

function Found({ id }: { id: string }) {
  const { data, error, loading } = useLive(FlowGroupDocument, { id });
  if (loading) return <Skeleton lines={10} />;
  if (data?.flow_group_by_pk)
    return (
      <>
        <Failure error={error} />
        <FlowGroup group={data.flow_group_by_pk} />
      </>
    );
  return error ? <Failure error={error} /> : <FlowId id={id} />;
}

/** Clients print the ids of flows: they lead to the group, with the version chosen. */
function FlowId({ id }: { id: string }) {
  const { data, error, loading } = useAsk(GroupOfFlowDocument, { id });
  const navigate = useNavigate();
  const flow = data?.flow_by_pk;
  useEffect(() => {
    if (flow)
      void navigate({
        to: `/flow/${flow.flow_group_id}` as "/",
        search: { version: flow.version ?? 0 } as never,
        replace: true,
      });
  }, [flow, navigate]);
  if (error) return <Failure error={error} />;
  return loading || flow ? <Skeleton lines={10} /> : <Unknown id={id} />;
}

function Unknown({ id }: { id: string }) {
  return (
    <Empty title="There is no such flow">
      Nothing has the id <code>{id}</code>. It may have been deleted, or belong to another team.
    </Empty>
  );
}

function FlowGroup({ group }: { group: Group }) {
  const [filters] = useFilters(DEFAULTS);
  const version = versionOf(group, filters.version);
  const chosen = version !== undefined && version.version === filters.version;
  const looked = useMemo<Looked | undefined>(
    () => version && { group, version, chosen },
    [group, version, chosen],
  );
  if (!looked)
    return (
      <Empty title={`${group.name ?? "This flow"} has no version any more`}>
        All its versions were deleted. Register it again to have it back.
      </Empty>
    );
  return (
    <>
      <Header looked={looked} />
      <Tabs
        label="Flow"
        tabs={[
          { key: "overview", title: "Overview", content: () => <Overview looked={looked} /> },
          { key: "runs", title: "Runs", content: () => <Runs looked={looked} /> },
          { key: "tasks", title: "Tasks", content: () => <Tasks looked={looked} /> },
          { key: "schematic", title: "Schematic", content: () => <Schematic looked={looked} /> },
          { key: "schedule", title: "Schedule", content: () => <Schedule looked={looked} /> },
          { key: "settings", title: "Settings", content: () => <Settings looked={looked} /> },
          { key: "readme", title: "README", content: () => <Readme group={group} /> },
          { key: "versions", title: "Versions", content: () => <Versions group={group} /> },
        ]}
      />
    </>
  );
}
