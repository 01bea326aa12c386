import { Tag } from "@/components/badge";
import { Failure, Panel, Skeleton } from "@/components/panel";
import { BASE } from "@/lib/base";
import { useReady } from "./health";

const LINKS = [
  ["metrics", "Metrics for Prometheus"],
  ["openapi.json", "OpenAPI description"],
  ["ready", "This judgement as JSON"],
] as const;

/** What the server needs to serve, its migrations among it, and where to read on. */
export function Readiness() {
  const { checks, error } = useReady();
  return (
    <Panel title="Ready">
      <Failure error={error} />
      {checks ? (
        <ul className="flex flex-col gap-2">
          {Object.entries(checks).map(([name, check]) => (
            <li key={name} className="flex items-start justify-between gap-3">
              <span className="min-w-0 break-words">
                <span className="font-medium">{name}</span>{" "}
                <span className="text-muted">{check.message}</span>
              </span>
              <Tag tone={check.ok ? "accent" : "danger"}>{check.ok ? "well" : "failing"}</Tag>
            </li>
          ))}
        </ul>
      ) : (
        !error && <Skeleton />
      )}
      <ul className="mt-4 flex flex-wrap gap-x-4 gap-y-1">
        {LINKS.map(([path, title]) => (
          <li key={path}>
            <a href={BASE + path} className="text-accent underline">
              {title}
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
