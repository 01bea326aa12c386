import { CircleCheck, TriangleAlert, X } from "lucide-react";
import { Store, useStore } from "@/lib/store";

interface Notice {
  id: number;
  text: string;
  kind: "done" | "error";
}

const notices = new Store<Notice[]>([]);
let last = 0;

/** Says something at the edge of the page: an error until it is dismissed, all else for five seconds. */
export function tell(text: string, kind: Notice["kind"] = "done"): void {
  const id = ++last;
  notices.set([...notices.get().slice(-4), { id, text, kind }]);
  if (kind === "done") setTimeout(() => dismiss(id), 5000);
}

function dismiss(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

export function Toasts() {
  const shown = useStore(notices);
  return (
    <div
      className="fixed right-4 bottom-4 z-50 flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2"
      aria-live="polite"
    >
      {shown.map((notice) => (
        <div
          key={notice.id}
          role={notice.kind === "error" ? "alert" : "status"}
          className="flex items-start gap-2 rounded-lg border border-line bg-raised p-3 shadow-lg"
        >
          {notice.kind === "error" ? (
            <TriangleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
          ) : (
            <CircleCheck className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />
          )}
          <p className="min-w-0 grow wrap-anywhere">{notice.text}</p>
          <button type="button" onClick={() => dismiss(notice.id)} aria-label="Dismiss">
            <X className="size-4 text-muted" />
          </button>
        </div>
      ))}
    </div>
  );
}
