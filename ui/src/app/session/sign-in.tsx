import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Brand } from "@/components/brand";
import { Button } from "@/components/button";
import { Field, Input, Switch } from "@/components/fields";
import { signIn } from "./session";

/** Asks for an API key; `reason` is why the last one was refused. */
export function SignIn({ reason }: { reason: string }) {
  const [key, setKey] = useState("");
  const [keep, setKeep] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(key.trim(), keep);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  }

  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <Brand />
      <form
        className="flex w-full max-w-md flex-col gap-4 rounded-xl border border-line bg-panel p-6 shadow-sm"
        onSubmit={submit}
      >
        <div>
          <h1 className="text-lg font-semibold">Enter an API key</h1>
          <p className="mt-1 text-muted">This server answers only those who have a key.</p>
        </div>
        <Field label="API key" error={(problem ?? reason) || undefined}>
          {(ids) => (
            <Input
              {...ids}
              type="password"
              name="key"
              autoComplete="current-password"
              autoCapitalize="off"
              spellCheck={false}
              autoFocus
              required
              className="font-mono"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <Switch label="Keep on this device" checked={keep} onChange={setKeep} />
        <Button
          kind="primary"
          type="submit"
          busy={busy}
          disabled={!key.trim()}
          icon={<KeyRound className="size-4" aria-hidden />}
        >
          Sign in
        </Button>
        <div className="border-t border-line pt-4 text-muted">
          <p>You have none? Where the server runs, this makes one:</p>
          <pre className="mt-2 overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-xs text-ink">
            lictor key create laptop
          </pre>
        </div>
      </form>
    </main>
  );
}
