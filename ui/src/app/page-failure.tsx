import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { Button } from "@/components/button";
import { Empty } from "@/components/panel";

/** A page that could not be loaded (a new version was installed) or broke. */
export function PageFailure({ error }: ErrorComponentProps) {
  const router = useRouter();
  const message = error instanceof Error ? error.message : String(error);
  const old = /dynamically imported module|importing a module/i.test(message);
  return (
    <Empty title={old ? "This page has changed on the server" : "This page has failed"}>
      <p className="mb-3">{old ? "Another version was installed since you opened it." : message}</p>
      <Button kind="primary" onClick={() => (old ? location.reload() : void router.invalidate())}>
        {old ? "Load it anew" : "Try again"}
      </Button>
    </Empty>
  );
}
