import { Link, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { act, useAction } from "@/api/act";
import { mustSucceed } from "@/api/succeed";
import { Tag } from "@/components/badge";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { Select } from "@/components/fields";
import { PageHeader } from "@/components/panel";
import { useFilters } from "@/lib/filters";
import { hasClocks, ScheduleSwitch } from "@/pages/flows/schedule-switch";
import type { Looked } from "./data";
import { DeleteFlowDocument, DeleteFlowGroupDocument } from "./flow.gen";
import { RunDialog } from "./run/dialog";
import { useDetails } from "./use-details";

const DEFAULTS = { version: 0, run: 0 };

export function Header({ looked }: { looked: Looked }) {
  const { group, version, chosen } = looked;
  const [{ run }, change] = useFilters(DEFAULTS);
  const details = useDetails(version.id).data;
  return (
    <>
      <PageHeader
        title={version.name}
        detail={
          <>
            <Link
              to={"/flows" as "/"}
              search={{ project: version.project.id } as never}
              className="hover:underline"
            >
              {version.project.name}
            </Link>
            {version.archived && <Tag tone="warning">archived</Tag>}
            <ScheduleSwitch
              key={version.id}
              flow={version}
              active={version.is_schedule_active}
              hasSchedule={hasClocks(group.schedule) || hasClocks(details?.schedule)}
            />
          </>
        }
        actions={
          <>
            <Select
              aria-label="Version"
              className="!w-44"
              value={chosen ? String(version.version) : "0"}
              onChange={(event) => change({ version: Number(event.target.value) })}
            >
              <option value="0">All versions</option>
              {group.flows.map((one) => (
                <option key={one.id} value={String(one.version ?? 0)}>
                  Version {one.version}
                  {one.archived ? " (archived)" : ""}
                </option>
              ))}
            </Select>
            <DeleteVersion looked={looked} onDeleted={() => change({ version: 0 })} />
            <DeleteGroup looked={looked} />
            <Button
              kind="primary"
              icon={<Play className="size-4" aria-hidden />}
              disabled={version.archived}
              title={version.archived ? "An archived version is not run any more." : ""}
              onClick={() => change({ run: 1 })}
            >
              Run
            </Button>
          </>
        }
      />
      {run > 0 && details && !version.archived && (
        <RunDialog group={group} details={details} name={version.name} onClose={() => change({ run: 0 })} />
      )}
    </>
  );
}

const deleteVersion = async (id: string) =>
  mustSucceed((await act(DeleteFlowDocument, { flow: id })).delete_flow, "The version is gone already.");

function DeleteVersion({
  looked: { version, chosen },
  onDeleted,
}: {
  looked: Looked;
  onDeleted: () => void;
}) {
  const [send, busy] = useAction(deleteVersion, "The version is deleted.");
  if (!chosen) return null;
  return (
    <ConfirmButton
      question={`Delete version ${version.version} of ${version.name}?`}
      detail="All its runs go with it, with their logs and artifacts. This cannot be undone."
      confirm="Delete the version"
      busy={busy}
      onConfirm={async () => {
        if (await send(version.id)) onDeleted();
      }}
    >
      Delete version
    </ConfirmButton>
  );
}

const deleteGroup = async (id: string) =>
  mustSucceed((await act(DeleteFlowGroupDocument, { id })).delete_flow_group, "The flow is gone already.");

function DeleteGroup({ looked: { group, version } }: { looked: Looked }) {
  const navigate = useNavigate();
  const [send, busy] = useAction(deleteGroup, `${version.name} is deleted.`);
  return (
    <ConfirmButton
      question={`Delete ${version.name}?`}
      detail={`All ${group.flows.length} versions go, with their runs, logs and artifacts. This cannot be undone.`}
      confirm="Delete the flow"
      busy={busy}
      onConfirm={async () => {
        if (await send(group.id)) void navigate({ to: "/flows" as "/" });
      }}
    >
      Delete flow
    </ConfirmButton>
  );
}
