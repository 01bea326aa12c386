import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/panel";

const View = lazy(() => import("./markdown-view"));

/** Text in Markdown, made harmless; the libraries come when the first one is shown. */
export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<Skeleton />}>
      <View text={text} />
    </Suspense>
  );
}
