import { useState } from "react";
import { act, useAction } from "@/api/act";
import type { Loaded } from "@/api/live";
import { Button } from "@/components/button";
import { ConfirmButton, Dialog } from "@/components/dialog";
import { CopyButton, Json } from "@/components/json";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { Table } from "@/components/table";
import { type AutomationsQuery, DeleteActionDocument, TestActionDocument } from "./automations.gen";
import { actionTitle } from "./kinds";

type Action = AutomationsQuery["action"][number];

const remove = (action: Action) => act(DeleteActionDocument, { id: action.id });
const test = async (action: Action) => {
  const { test_action: result } = await act(TestActionDocument, { id: action.id });
  if (!result?.success) throw new Error(`The test has failed: ${result?.error ?? "nobody says why"}`);
};

/** What automations do; each may serve several. */
export function Actions({
  loaded: { data, error, loading },
  refresh,
}: {
  loaded: Loaded<AutomationsQuery>;
  refresh: () => void;
}) {
  const [shown, setShown] = useState<Action>();
  const [runTest, testing] = useAction(test, "The action is done for an invented event.");
  const [runRemove] = useAction(remove, "The action is deleted.");
  const used = (action: Action) => (data?.hook ?? []).filter((hook) => hook.action_id === action.id).length;
  return (
    <Panel flush>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label="Actions"
          rows={data?.action ?? []}
          rowKey={(action) => action.id}
          empty={<Empty title="There are no actions yet">A new automation makes one.</Empty>}
          columns={[
            { key: "what", header: "What", cell: (action) => actionTitle(action) },
            { key: "used", header: "Automations", align: "right", cell: used },
            {
              key: "do",
              header: <span className="sr-only">What can be done</span>,
              align: "right",
              cell: (action) => (
                <>
                  <CopyButton text={action.id} label="Copy the id" />
                  <Button kind="ghost" onClick={() => setShown(action)}>
                    Details
                  </Button>
                  <Button kind="ghost" busy={testing} onClick={() => void runTest(action)}>
                    Test
                  </Button>
                  <ConfirmButton
                    kind="ghost"
                    question={`Delete ${actionTitle(action)}?`}
                    detail={
                      used(action)
                        ? `The ${used(action)} automations that lead to it are deleted with it.`
                        : "No automation leads to it."
                    }
                    confirm="Delete"
                    onConfirm={async () => {
                      await runRemove(action);
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
      {shown && (
        <Dialog open onClose={() => setShown(undefined)} title={actionTitle(shown)}>
          <Json value={shown.config} label="the config" />
        </Dialog>
      )}
    </Panel>
  );
}
