import { Check, Pencil, X } from "lucide-react";
import { useState } from "react";
import { Button } from "./button";
import { Input } from "./fields";

/** A name, and a way to give another one. `onSave` resolves to whether it went well. */
export function EditableName({
  name,
  label,
  busy,
  onSave,
}: {
  name: string;
  label: string;
  busy: boolean;
  onSave: (name: string) => Promise<boolean>;
}) {
  const [text, setText] = useState<string>();
  if (text === undefined)
    return (
      <span className="inline-flex items-center gap-1">
        {name}
        <Button
          kind="ghost"
          className="!h-6 !px-1"
          aria-label="Rename"
          title="Rename"
          icon={<Pencil className="size-3.5" />}
          onClick={() => setText(name)}
        />
      </span>
    );
  return (
    <form
      className="flex items-center gap-1 text-sm font-normal"
      onSubmit={async (event) => {
        event.preventDefault();
        if (await onSave(text.trim())) setText(undefined);
      }}
      onKeyDown={(event) => event.key === "Escape" && setText(undefined)}
    >
      <Input
        aria-label={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="!w-72 max-w-full"
        autoFocus
      />
      <Button
        type="submit"
        aria-label="Save the name"
        busy={busy}
        disabled={!text.trim()}
        icon={<Check className="size-4" />}
      />
      <Button
        kind="ghost"
        aria-label="Keep the old name"
        icon={<X className="size-4" />}
        onClick={() => setText(undefined)}
      />
    </form>
  );
}
