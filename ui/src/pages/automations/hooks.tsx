import { act, useAction } from "@/api/act";
import type { Loaded } from "@/api/live";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { type AutomationsQuery, DeleteAutomationDocument } from "./automations.gen";
import { draftOf } from "./draft";
import { actionTitle, eventTitle } from "./kinds";
import type { Edited } from "./wizard";

const DEFAULTS = { tab: "", target: "" };
const remove = (id: string) => act(DeleteAutomationDocument, { id });

/** Events and what they lead to. */
export function Hooks({
  loaded: { data, error, loading },
  known,
  refresh,
  onEdit,
}: {
  loaded: Loaded<AutomationsQuery>;
  known: Parameters<typeof eventTitle>[1];
  refresh: () => void;
  onEdit: (edited: Edited) => void;
}) {
  const [, change] = useFilters(DEFAULTS);
  const [run] = useAction(remove, "The automation is deleted.");
  const actions = new Map(data?.action.map((action) => [action.id, action]));
  return (
    <Panel flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Automations"
          rows={data?.hook ?? []}
          rowKey={(hook) => hook.id}
          empty={
            <Empty title="Nothing is automated yet">
              For example: when a run fails, write to Slack; when no agent is left, send an e-mail.
            </Empty>
          }
          columns={[
            {
              key: "event",
              header: "When",
              cell: (hook) => <span className="whitespace-normal">{eventTitle(hook, known)}</span>,
            },
            {
              key: "action",
              header: "Then",
              cell: (hook) => (
                <span className="whitespace-normal">{actionTitle(actions.get(hook.action_id))}</span>
              ),
            },
            {
              key: "created",
              header: "Made",
              wide: true,
              cell: (hook) => <RelativeTime at={hook.created} />,
            },
            {
              key: "do",
              header: <span className="sr-only">What can be done</span>,
              align: "right",
              cell: (hook) => (
                <>
                  <EditButton hook={hook} known={known} onEdit={onEdit} />
                  <Button kind="ghost" onClick={() => change({ tab: "deliveries", target: hook.id })}>
                    Deliveries
                  </Button>
                  <ConfirmButton
                    kind="ghost"
                    question="Delete this automation?"
                    detail="What it was still to do is deleted with it. Its action stays."
                    confirm="Delete"
                    onConfirm={async () => {
                      await run(hook.id);
                      refresh();
                    }}
                  >
                    Delete
                  </ConfirmButton>
                </>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function EditButton({
  hook,
  known,
  onEdit,
}: {
  hook: AutomationsQuery["hook"][number];
  known: Parameters<typeof eventTitle>[1];
  onEdit: (edited: Edited) => void;
}) {
  const draft = draftOf(hook, known);
  if (!draft) return null;
  return (
    <Button kind="ghost" onClick={() => onEdit({ id: hook.id, draft })}>
      Edit
    </Button>
  );
}
