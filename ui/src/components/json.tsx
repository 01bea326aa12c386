import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button";

/** A JSON value, readable and to be copied. */
export function Json({ value, label }: { value: unknown; label: string }) {
  if (value == null) return <span className="text-muted">none</span>;
  const text = JSON.stringify(value, null, 2);
  return (
    <section className="relative" aria-label={label}>
      <pre
        className="max-h-96 overflow-auto rounded-md bg-sunken p-3 pr-10 font-mono text-xs"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {text}
      </pre>
      <span className="absolute top-1 right-1">
        <CopyButton text={text} label={`Copy ${label}`} />
      </span>
    </section>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  return (
    <Button
      kind="ghost"
      className="!h-6 !px-1"
      aria-label={label}
      title={label}
      icon={done ? <Check className="size-3.5" /> : <Copy className="size-3.5" />}
      onClick={async () => {
        await navigator.clipboard.writeText(text);
        setDone(true);
        setTimeout(() => setDone(false), 1500);
      }}
    />
  );
}
