import { useState } from "react";
import { act, useAction } from "@/api/act";
import { mustSucceed } from "@/api/succeed";
import { Button } from "@/components/button";
import { TextArea } from "@/components/fields";
import { Markdown } from "@/components/markdown";
import { Empty, Panel } from "@/components/panel";
import type { Group } from "./data";
import { SetGroupDescriptionDocument } from "./flow.gen";

const save = async (id: string, description: string) =>
  mustSucceed(
    (await act(SetGroupDescriptionDocument, { id, description })).set_flow_group_description,
    "The flow is gone.",
  );

/** What people have written about the flow. */
export function Readme({ group }: { group: Group }) {
  const [draft, setDraft] = useState<string>();
  const [send, busy] = useAction(save, "The README is saved.");
  const text = group.description ?? "";
  if (draft === undefined)
    return (
      <Panel
        title="README"
        actions={<Button onClick={() => setDraft(text)}>{text ? "Edit" : "Write it"}</Button>}
      >
        {text ? (
          <Markdown text={text} />
        ) : (
          <Empty title="Nothing is written yet">
            Say what this flow does, who looks after it and what to do when it fails. Markdown is understood.
          </Empty>
        )}
      </Panel>
    );
  return (
    <Panel
      title="README"
      actions={
        <>
          <Button onClick={() => setDraft(undefined)}>Cancel</Button>
          <Button
            kind="primary"
            busy={busy}
            onClick={async () => {
              if (await send(group.id, draft)) setDraft(undefined);
            }}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <TextArea
          aria-label="README in Markdown"
          className="min-h-96"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
        />
        <section aria-label="As it will look">
          <Markdown text={draft} />
        </section>
      </div>
    </Panel>
  );
}
