import { useState } from "react";
import { act, useAction } from "@/api/act";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { checkJson } from "@/components/editor/check";
import { Field, Input, Switch, TextArea } from "@/components/fields";
import { SetSecretDocument } from "./secrets.gen";

const save = (name: string, value: unknown) => act(SetSecretDocument, { name, value });

/** A new secret (`name` is ""), or another value in place of one there is. */
export function SecretDialog({
  name: given,
  onClose,
  onDone,
}: {
  name: string;
  onClose: () => void;
  onDone: () => void;
}) {
  const [name, setName] = useState(given);
  const [text, setText] = useState("");
  const [json, setJson] = useState(false);
  const [tried, setTried] = useState(false);
  const [run, busy] = useAction(save, (one) => `The secret ${one} is set.`);
  const checked = json ? checkJson(text) : { value: text };
  const noName = name.trim() ? undefined : "Give the secret a name.";
  const wrong = checked.error ?? (text ? undefined : "Give the secret a value.");
  return (
    <Dialog open onClose={onClose} title={given ? `Replace ${given}` : "New secret"}>
      <form
        className="flex flex-col gap-4"
        autoComplete="off"
        onSubmit={async (event) => {
          event.preventDefault();
          setTried(true);
          if (noName || wrong) return;
          if (await run(name.trim(), checked.value)) {
            onDone();
            onClose();
          }
        }}
      >
        <Field label="Name" error={tried ? noName : undefined}>
          {(ids) => (
            <Input
              {...ids}
              value={name}
              disabled={given !== ""}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Value"
          help="You will not see it again. An earlier value is replaced."
          error={tried ? wrong : undefined}
        >
          {(ids) => (
            <TextArea
              {...ids}
              value={text}
              spellCheck={false}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <Switch checked={json} onChange={setJson} label="The value is JSON (an object, a list, a number)" />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
