import { lazy, Suspense, useState } from "react";
import { Select } from "@/components/fields";
import { PageHeader, Skeleton } from "@/components/panel";
import { EXAMPLES } from "./examples";

const Explorer = lazy(() => import("./explorer"));

/** GraphQL by hand: the schema's documentation, tabs that the browser keeps, and examples to begin with. */
export default function Api() {
  const [example, setExample] = useState("");
  const chosen = EXAMPLES[Number(example)];
  return (
    <>
      <PageHeader
        title="API explorer"
        detail="Everything these pages show and do goes through this API. Yours goes with your team and key."
        actions={
          <Select
            aria-label="Examples"
            className="!w-auto"
            value={example}
            onChange={(event) => setExample(event.target.value)}
          >
            <option value="">Examples…</option>
            {EXAMPLES.map((one, index) => (
              <option key={one.title} value={index}>
                {one.title}
              </option>
            ))}
          </Select>
        }
      />
      <div className="h-[calc(100dvh-10rem)] min-h-96 overflow-hidden rounded-lg border border-line">
        <Suspense fallback={<Skeleton lines={8} />}>
          <Explorer example={example ? chosen : undefined} />
        </Suspense>
      </div>
    </>
  );
}
