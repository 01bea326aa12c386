import { useMemo } from "react";
import { useAsk } from "@/api/live";
import { Select } from "@/components/fields";
import { PageHeader } from "@/components/panel";
import { useFilters } from "@/lib/filters";
import { WINDOWS } from "@/lib/window";
import { Agents } from "./agents";
import { Counts } from "./counts";
import { DashboardProjectsDocument } from "./dashboard.gen";
import { FailedFlows } from "./failed-flows";
import { History } from "./history";
import { InProgress } from "./in-progress";
import { Messages } from "./messages";
import { Upcoming } from "./upcoming";

const DEFAULTS = { project: "", window: "day" };
const NONE = {};

export default function Dashboard() {
  const [{ project, window }, change] = useFilters(DEFAULTS);
  const { data } = useAsk(DashboardProjectsDocument, NONE);
  const flow = useMemo(() => (project ? { project_id: { _eq: project } } : undefined), [project]);
  return (
    <>
      <PageHeader
        title="Dashboard"
        actions={
          <>
            <Select
              aria-label="Project"
              className="!w-48"
              value={project}
              onChange={(event) => change({ project: event.target.value })}
            >
              <option value="">All projects</option>
              {data?.project.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
            <Select
              aria-label="Window"
              className="!w-36"
              value={window}
              onChange={(event) => change({ window: event.target.value })}
            >
              {Object.keys(WINDOWS).map((name) => (
                <option key={name} value={name}>
                  Last {name}
                </option>
              ))}
            </Select>
          </>
        }
      />
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-6">
        <History className="lg:col-span-4" flow={flow} />
        <Counts className="lg:col-span-2" flow={flow} window={window} />
        <InProgress className="lg:col-span-3" flow={flow} />
        <Upcoming className="lg:col-span-3" flow={flow} />
        <FailedFlows className="lg:col-span-3" flow={flow} window={window} />
        <Agents className="lg:col-span-2" />
        <Messages className="lg:col-span-1" />
      </div>
    </>
  );
}
