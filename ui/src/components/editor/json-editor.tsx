import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/panel";
import type { CodeMirrorProps } from "./code-mirror";

const CodeMirror = lazy(() => import("./code-mirror"));

/**
 * JSON as text, marked where it is none. The text is the page's: `checkJson` says what is wrong with it, `Field`'s ids
 * may be spread onto it.
 */
export function JsonEditor({
  "aria-describedby": describedBy,
  "aria-invalid": _,
  ...rest
}: Omit<CodeMirrorProps, "describedBy"> & { "aria-describedby"?: string; "aria-invalid"?: boolean }) {
  return (
    <Suspense fallback={<Skeleton lines={4} />}>
      <CodeMirror {...rest} describedBy={describedBy} />
    </Suspense>
  );
}
