import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useAsk } from "@/api/live";
import { usePolled } from "@/api/polled";
import { Button } from "@/components/button";
import { Deliveries } from "@/components/deliveries/deliveries";
import { PageHeader } from "@/components/panel";
import { Tabs } from "@/components/tabs";
import { Actions } from "./actions";
import { AutomationFlowsDocument, AutomationsDocument } from "./automations.gen";
import { Hooks } from "./hooks";
import { type Edited, Wizard } from "./wizard";

const NONE = {};

/** What is done by itself when something happens to runs or agents. */
export default function Automations() {
  const loaded = usePolled(AutomationsDocument, NONE, 15);
  const { data, refresh } = loaded;
  const [making, setMaking] = useState(false);
  const [edited, setEdited] = useState<Edited>();
  const groups = useMemo(() => {
    const all = new Set<string>();
    for (const hook of data?.hook ?? [])
      for (const id of (hook.event_tags as { flow_group_id?: string[] }).flow_group_id ?? []) all.add(id);
    for (const sla of data?.flow_sla_config ?? [])
      for (const one of sla.flow_groups) all.add(one.flow_group_id);
    return [...all].sort();
  }, [data]);
  const flows = useAsk(AutomationFlowsDocument, { groups }, { pause: !groups.length });
  const known = {
    flows: new Map(flows.data?.flow.map((flow) => [flow.flow_group_id, flow.name])),
    slas: new Map(data?.flow_sla_config.map((sla) => [sla.id, sla])),
    configs: new Map(data?.agent_config.map((config) => [config.id, config.name ?? config.id.slice(0, 8)])),
  };
  return (
    <>
      <PageHeader
        title="Automations"
        detail="When something happens to runs or agents, do something."
        actions={
          <Button kind="primary" icon={<Plus className="size-4" />} onClick={() => setMaking(true)}>
            New automation
          </Button>
        }
      />
      <Tabs
        label="Automations"
        tabs={[
          {
            key: "automations",
            title: "Automations",
            content: () => <Hooks loaded={loaded} known={known} refresh={refresh} onEdit={setEdited} />,
          },
          { key: "actions", title: "Actions", content: () => <Actions loaded={loaded} refresh={refresh} /> },
          {
            key: "deliveries",
            title: "Deliveries",
            content: () => <Deliveries kind="automation" noun="automation" />,
          },
        ]}
      />
      {(making || edited) && (
        <Wizard
          actions={data?.action ?? []}
          configs={data?.agent_config ?? []}
          edited={edited}
          onClose={() => {
            setMaking(false);
            setEdited(undefined);
          }}
          onDone={refresh}
        />
      )}
    </>
  );
}
